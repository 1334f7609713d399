// What an answer means for the batch that got it. Pure; the rules are those of docs/sdk-delivery.md.
import type { Answer } from './platform.ts'
import { RETRY_AFTER_CAP_MS } from './defaults.ts'

export interface Refusal {
  readonly index: number
  readonly event_id?: string
  readonly code: string
}

export type Verdict =
  /** The events are durable, apart from those named. */
  | { readonly kind: 'accepted'; readonly rejected: readonly Refusal[] }
  /** Nothing is known to be stored; the same bytes again, not before `afterMs`. */
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'split' }
  | { readonly kind: 'key' }
  /** These bytes would be refused again. */
  | { readonly kind: 'refused'; readonly rejected: readonly Refusal[] }

interface Body {
  accepted?: unknown
  rejected?: unknown
  code?: unknown
}

export function judge(answer: Answer, now: number): Verdict {
  const { status } = answer
  const body = readBody(answer.body)
  if (status === 202 || (status >= 200 && status < 300 && typeof body.accepted === 'number')) {
    return { kind: 'accepted', rejected: refusals(body) }
  }
  if (status === 413) return { kind: 'split' }
  if (status === 401 || status === 403) return { kind: 'key' }
  // A 2xx without an account of the events is some other server (a captive portal): nothing was stored.
  if (
    status < 300 ||
    status === 408 ||
    status === 429 ||
    (status >= 500 && status !== 501 && status !== 505)
  ) {
    return { kind: 'retry', afterMs: retryAfterMs(answer.retryAfter, now) }
  }
  return { kind: 'refused', rejected: refusals(body) }
}

/** The problem's code, or what comes nearest to one. */
export function problemCode({ status, body }: Answer): string {
  const { code } = readBody(body)
  return typeof code === 'string' ? code : status === 0 ? 'network' : `http_${status}`
}

function readBody(text: string | undefined): Body {
  try {
    const body: unknown = JSON.parse(text as string)
    return typeof body === 'object' && body !== null ? body : {}
  } catch {
    return {}
  }
}

const refusals = ({ rejected }: Body): Refusal[] =>
  Array.isArray(rejected) ? rejected.filter((entry) => typeof entry === 'object' && entry !== null) : []

/** Seconds or a date (RFC 9110 §10.2.3); 0 when there is none or it is unreadable. */
export function retryAfterMs(text: string | null | undefined, now: number): number {
  if (!text) return 0
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return ms > 0 ? Math.min(ms, RETRY_AFTER_CAP_MS) : 0
}
