// The answer's JSON text. A body without refusals and warnings, the usual one, is not built as an object first.
import {
  EVENT_TYPES,
  LIMITS,
  type EventCode,
  type EventType,
  type EventWarning,
  type IngestResponse,
  type RejectedEvent,
} from '@penstock/contract'
import { formatTimestamp } from '@penstock/pipeline'
import type { IngestAnswered } from './outcome.ts'

export interface Account {
  requestId: string
  acceptedAt: number
  received: number
  accepted: number
  acceptedByType: Readonly<Record<EventType, number>>
  rejected: RejectedEvent[]
  warnings: EventWarning[]
}

export const NONE_BY_TYPE: Readonly<Record<EventType, number>> = Object.freeze({
  track: 0,
  identify: 0,
  page: 0,
  screen: 0,
  group: 0,
  alias: 0,
})
const NONE_BY_CODE: ReadonlyMap<EventCode, number> = new Map()

/** Counts by type, from counts by index in `EVENT_TYPES`. */
export function countsByType(counts: readonly number[]): Record<EventType, number> {
  const byType = { ...NONE_BY_TYPE }
  EVENT_TYPES.forEach((type, index) => {
    byType[type] = counts[index] ?? 0
  })
  return byType
}

/** Makes the answers of one gateway. Requests that share a commit share its time, so its text is made once for all of them. */
export function createAnswer(): (account: Account) => IngestAnswered {
  let at = NaN
  let text = ''
  return (account) => {
    if (account.acceptedAt !== at) {
      at = account.acceptedAt
      text = formatTimestamp(at)
    }
    return answer(account, text)
  }
}

function answer(account: Account, time: string): IngestAnswered {
  const { received, accepted, acceptedByType } = account
  return {
    kind: 'answered',
    status: accepted === 0 ? 422 : 202,
    body: bodyText(account, time),
    received,
    accepted,
    acceptedByType,
    rejectedByCode: countByCode(account.rejected),
  }
}

function bodyText(account: Account, time: string): string {
  const { requestId, accepted, rejected, warnings } = account
  if (rejected.length === 0 && warnings.length === 0) {
    return `{"request_id":${JSON.stringify(requestId)},"accepted_at":"${time}","accepted":${accepted},"rejected":[]}`
  }
  const response: IngestResponse = { request_id: requestId, accepted_at: time, accepted, rejected }
  if (warnings.length > 0) response.warnings = warnings.slice(0, LIMITS.maxWarnings)
  return JSON.stringify(response)
}

function countByCode(rejected: readonly RejectedEvent[]): ReadonlyMap<EventCode, number> {
  if (rejected.length === 0) return NONE_BY_CODE
  const counts = new Map<EventCode, number>()
  for (const { code } of rejected) counts.set(code, (counts.get(code) ?? 0) + 1)
  return counts
}
