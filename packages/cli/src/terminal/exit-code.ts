/** How `penstock` ends, after sysexits.h where it has a word for it. docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** The command ran and the answer is no: rejected lines, an account that does not add up, a check that failed. */
  negative: 1,
  /** Wrong command line or configuration. */
  usage: 64,
  /** Something outside is in the way: port taken, directory locked or not writable, no server there. */
  unavailable: 69,
  /** A bug, or a part of the program that died. */
  internal: 70,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
