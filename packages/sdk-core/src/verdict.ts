// What an answer means for the batch that got it. Pure; the rules stand in docs/sdk-node.md and docs/sdk-browser.md.
import type { Answer } from './platform.ts'
import { quietly } from './quietly.ts'
import { KEY_PAUSE_MS, RETRY_AFTER_CAP_MS } from './defaults.ts'

export interface Refusal {
  readonly index: number
  readonly event_id?: string
  readonly code: string
}

export interface Verdict {
  readonly kind:
    /** The events are durable, apart from those named. */
    | 'accepted'
    /** Nothing is known to be stored; the same bytes again, not before `afterMs`. */
    | 'retry'
    /** The same, because the key was refused. */
    | 'key'
    | 'split'
    /** These bytes would be refused again. */
    | 'refused'
  readonly afterMs: number
  readonly rejected: readonly Refusal[]
  /** The problem's code, or what comes nearest to one. */
  readonly code: string
}

interface Body {
  accepted?: unknown
  rejected?: unknown
  code?: unknown
}

export function judge({ status, body, retryAfter }: Answer, now: number): Verdict {
  // Of what is no object there are no fields to read.
  const { accepted, rejected, code } = Object(quietly(() => JSON.parse(body as string) as unknown)) as Body
  const kind =
    status === 202 || (status >= 200 && status < 300 && typeof accepted === 'number')
      ? 'accepted'
      : status === 413
        ? 'split'
        : status === 401 || status === 403
          ? 'key'
          : // A 2xx without an account of the events is some other server (a captive portal): nothing was stored.
            status < 300 ||
              status === 408 ||
              status === 429 ||
              (status >= 500 && status !== 501 && status !== 505)
            ? 'retry'
            : 'refused'
  // Seconds or a date (RFC 9110 §10.2.3); nothing else counts.
  const askedMs = /^\s*\d+\s*$/.test(retryAfter as string)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter as string) - now
  return {
    kind,
    afterMs: kind === 'key' ? KEY_PAUSE_MS : askedMs > 0 ? Math.min(askedMs, RETRY_AFTER_CAP_MS) : 0,
    rejected: Array.isArray(rejected) ? (rejected as (Refusal | null)[]).filter((each) => each !== null) : [],
    code: typeof code === 'string' ? code : status === 0 ? 'network' : `http_${status}`,
  }
}
