// Why it did not start, in a sentence. The stores' own messages say what is wrong and what to do.
import { isPipelineError } from '@penstock/pipeline'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

/** What a store says as `CommandError` (69); everything else as it is. */
export function startFailure(error: unknown): unknown {
  if (!isPipelineError(error)) return error
  const hint =
    error.kind === 'corrupt'
      ? 'Keep a copy of the data directory and report it.'
      : '`penstock doctor` may know more.'
  return new CommandError(EXIT.unavailable, error.message, hint)
}
