// Warnings as sentences, each kind at most once a minute with how many there were: a mistake in a loop must not flood a log.
import { type Warner, type WarningCode, describeWarning } from '@penstock/sdk-core'
import type { Logger } from './options.ts'

const QUIET_MS = 60_000

export function createWarner(logger: Logger | undefined): Warner {
  const last = new Map<WarningCode, { at: number; swallowed: number }>()
  return {
    warn(code, detail) {
      const now = performance.now()
      const before = last.get(code)
      if (before !== undefined && now - before.at < QUIET_MS) {
        before.swallowed += 1
        return
      }
      last.set(code, { at: now, swallowed: 0 })
      const more =
        before === undefined || before.swallowed === 0 ? '' : ` (and ${before.swallowed} more since)`
      try {
        ;(typeof logger?.warn === 'function' ? logger : console).warn(
          `[penstock] ${describeWarning(code, detail)}${more}`,
        )
      } catch {
        // The caller's logger; there is nobody to tell.
      }
    },
  }
}
