// Hands a batch's events to the group commit: works out each event time, refuses what is outside the window, and counts.
import { LIMITS, type EventWarning } from '@penstock/contract'
import type { PackedEvent, Road } from '@penstock/contract/stream'
import { type Batch, refuse, sentId } from './batch.ts'
import { clockShift, windowRefusal } from './event-time.ts'
import type { GroupCommit, Ticket } from './group-commit.ts'

export interface EnqueueInput {
  batch: Batch
  /** The body that the batch was read from. */
  source: Buffer
  projectId: string
  road: Road
  /** ms since 1970. */
  receivedAt: number
}

/** Events taken, by index in EVENT_TYPES. */
export type TypeCounts = [number, number, number, number, number, number]

/** One object serves every event of every request. */
const packedEvent = (): PackedEvent => ({
  projectId: '',
  ids: new Uint8Array(0),
  idOffset: 0,
  receivedAt: 0,
  eventTime: 0,
  road: 'ingest',
  source: new Uint8Array(0),
  start: 0,
  end: 0,
})

export type Enqueue = (ticket: Ticket, input: EnqueueInput) => TypeCounts

/** Refusals and warnings are added to the batch; refusals are then in the order of the body again. */
export function createEnqueue(commit: GroupCommit): Enqueue {
  const packed = packedEvent()
  return (ticket, { batch, source, projectId, road, receivedAt }) => {
    const history = road !== 'ingest'
    const shift = history ? 0 : clockShift(receivedAt, batch.sentAt)
    const counts: TypeCounts = [0, 0, 0, 0, 0, 0]
    const refusedByRules = batch.rejected.length
    const corrected: EventWarning[] = []
    packed.projectId = projectId
    packed.ids = batch.ids
    packed.road = road
    packed.receivedAt = receivedAt
    packed.source = source
    for (let at = 0; at < batch.count; at++) {
      const timestamp = batch.timestamps[at] as number
      let eventTime = receivedAt
      if (!Number.isNaN(timestamp)) {
        eventTime = timestamp + shift
        const refusal = windowRefusal(eventTime, receivedAt, history)
        const index = batch.indexes[at] as number
        if (refusal !== null) {
          refuse(batch, index, refusal, sentId(batch, source, at))
          continue
        }
        if (shift !== 0 && corrected.length < LIMITS.maxWarnings) {
          corrected.push({ index, event_id: sentId(batch, source, at), code: 'clock_corrected' })
        }
      }
      packed.idOffset = at * 16
      packed.eventTime = eventTime
      packed.start = batch.starts[at] as number
      packed.end = batch.ends[at] as number
      commit.add(ticket, packed)
      const type = batch.types[at] as number
      counts[type] = (counts[type] as number) + 1
    }
    packed.source = packed.ids // keeps no body alive
    if (batch.rejected.length > refusedByRules) settleRefusals(batch)
    if (corrected.length > 0) mergeWarnings(batch, corrected)
    return counts
  }
}

/** Refusals in the order of the body; no warnings about refused events. */
function settleRefusals(batch: Batch): void {
  batch.rejected.sort((a, b) => a.index - b.index)
  const refused = new Set(batch.rejected.map(({ index }) => index))
  batch.warnings = batch.warnings.filter(({ index }) => index === undefined || !refused.has(index))
}

/** Other warnings go first when there is no room for all: a wrong clock is known from one. */
function mergeWarnings(batch: Batch, corrected: EventWarning[]): void {
  const others = batch.warnings.slice(0, LIMITS.maxWarnings - 1)
  batch.warnings = [...others, ...corrected.slice(0, LIMITS.maxWarnings - others.length)]
  batch.warnings.sort((a, b) => (a.index ?? -1) - (b.index ?? -1))
}
