// The frame around every command: loads it only when it is asked for (so that `--help` is quick), turns its result into the
// exit code, and a failure into a sentence.
import { CommandError } from './command-error.ts'
import { EXIT, type ExitCode } from './exit-code.ts'

/** Wraps a command's implementation for commander. What it resolves to becomes the exit code. */
export function action<Args extends unknown[]>(
  run: (...args: Args) => Promise<ExitCode>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await run(...args)
    } catch (error) {
      process.exitCode = reportFailure(error)
    }
  }
}

/** Writes what went wrong to standard error and returns the exit code for it. */
export function reportFailure(error: unknown): ExitCode {
  if (error instanceof CommandError) {
    process.stderr.write(`penstock: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`)
    return error.exitCode
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`penstock: this should not happen, please report it:\n${text}\n`)
  return EXIT.internal
}
