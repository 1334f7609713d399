// Callbacks of the caller: what they throw is said and changes nothing.
import { asText } from './event.ts'
import type { Warner } from './platform.ts'

/** What `run` returned, or undefined when it threw. */
export type Guard = <Result>(name: string, run: () => Result) => Result | undefined

export const createGuard =
  (logger: Warner): Guard =>
  (name, run) => {
    try {
      return run()
    } catch (error) {
      logger.warn('callback_failed', `${name} ${asText(error)}`)
      return
    }
  }
