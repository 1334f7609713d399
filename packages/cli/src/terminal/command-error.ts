import type { ExitCode } from './exit-code.ts'

/** Ends a command with a sentence for the user instead of a stack trace. `hint` says how to mend it. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly hint?: string,
  ) {
    super(message)
  }
}
