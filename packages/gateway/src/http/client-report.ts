// What our SDKs say beside a batch, in the query so that a retried body stays byte for byte the same and a browser needs no
// preflight: when it was sent, and what the client lost or repeated since it last reported. Anything odd is ignored.
import { parseTimestamp } from '@penstock/pipeline'

/** Reasons for which our SDKs drop events; metrics have these and no others. */
export const CLIENT_DROP_REASONS = [
  'queue_full',
  'too_large',
  'refused',
  'attempts_exhausted',
  'consent',
  'before_send',
  'shutdown',
] as const
export type ClientDropReason = (typeof CLIENT_DROP_REASONS)[number]

export interface ClientReport {
  /** ms since 1970; NaN when it is absent or unreadable. */
  sentAt: number
  dropped: ReadonlyMap<ClientDropReason, number>
  retried: number
}

const MAX_COUNT = 10_000_000 // a write key is public: what it can add to a metric at once is bounded
const NOTHING: ClientReport = { sentAt: NaN, dropped: new Map(), retried: 0 }

/** Reads the query of a request's url. */
export function readClientReport(url: string): ClientReport {
  const at = url.indexOf('?')
  if (at < 0) return NOTHING
  const query = new URLSearchParams(url.slice(at + 1))
  const sentAt = query.get('sent_at')
  const dropped = new Map<ClientDropReason, number>()
  for (const loss of (query.get('dropped') ?? '').slice(0, 500).split(',')) {
    const [name, count] = loss.split(':')
    const reason = CLIENT_DROP_REASONS.find((known) => known === name)
    if (reason !== undefined && readCount(count) > 0) dropped.set(reason, readCount(count))
  }
  return {
    sentAt: sentAt === null ? NaN : (parseTimestamp(sentAt) ?? NaN),
    dropped,
    retried: readCount(query.get('retried') ?? undefined),
  }
}

const readCount = (text: string | undefined): number =>
  text !== undefined && /^\d{1,8}$/.test(text) ? Math.min(Number(text), MAX_COUNT) : 0
