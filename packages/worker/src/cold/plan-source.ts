// Step 7 of the protocol: which events a plan consists of. From the hot stage's memory when it still has them, else from the log
// and the registry: events whose registry owner is their own position and whose state is live. Both give the same rows.
import type { ChunkEvent } from '@penstock/contract/stream'
import {
  bytesHash,
  identityKey,
  samePosition,
  type AcceptedEvent,
  type LogMessage,
  type Position,
  type RegistryEntry,
} from '@penstock/pipeline'
import type { Segment } from '../handover.ts'
import type { PartitionContext } from '../partition-context.ts'
import { chunkEvents, readableEvent } from '../hot/candidate.ts'
import { coldEvent } from './cold-event.ts'

/** For clocks that differ, of stores that forget by themselves. */
const WINDOW_MARGIN_MS = 86_400_000

export interface PlanEvents extends Segment {
  /** Ids of events of this stretch that were refused earlier, by this plan or since: nothing of them may stand in the store. */
  gone: Uint8Array[]
  /** How many of them are still dead under their own position. */
  dead: number
}

/** The next plan's events after `coldThrough`, up to what the hot stage has committed; null when there is none. */
export async function nextPlanEvents(context: PartitionContext): Promise<PlanEvents | null> {
  const { row, handover, options } = context
  if (row.coldThrough >= row.hotThrough) return null
  const limits = { maxEvents: options.coldMaxEvents, maxBytes: options.coldMaxBytes }
  const held = handover.take(row.coldThrough, limits)
  if (held !== null) return { ...held, gone: [], dead: 0 }
  const upTo = Math.min(row.hotThrough, handover.firstSeq() ?? Infinity)
  return readStretch(context, upTo, limits)
}

/** All events of an open plan. The hot stage's memory is not used: it may be younger than the plan. */
export function planEvents(context: PartitionContext, toSeq: number): Promise<PlanEvents> {
  return readStretch(context, toSeq, { maxEvents: Infinity, maxBytes: Infinity })
}

async function readStretch(
  context: PartitionContext,
  upTo: number,
  limits: { maxEvents: number; maxBytes: number },
): Promise<PlanEvents> {
  const { deps, calls, options, row } = context
  const fromSeq = row.coldThrough
  const stretch: PlanEvents = {
    fromSeq,
    toSeq: fromSeq,
    positions: 0,
    events: [],
    bytes: 0,
    readBytes: 0,
    logTime: 0,
    gone: [],
    dead: 0,
  }
  const forgotten = new Set<string>()
  for (;;) {
    const messages = await calls.call('log', () =>
      deps.log.read(row.partition, stretch.toSeq, {
        maxBytes: Math.min(options.hotMaxBytes, limits.maxBytes),
        maxMessages: options.hotMaxEvents,
      }),
    )
    const taken: LogMessage[] = []
    let full = false
    let { positions, readBytes } = stretch
    for (const message of messages) {
      if (message.seq > upTo) break
      const count = chunkCount(message)
      const begun = positions > 0
      if (
        begun &&
        (positions + count > limits.maxEvents || readBytes + message.chunk.length > limits.maxBytes)
      ) {
        full = true
        break
      }
      taken.push(message)
      positions += count
      readBytes += message.chunk.length
    }
    stretch.readBytes = readBytes
    if (taken.length > 0) await addMessages(context, stretch, taken, forgotten)
    // Sequences may have gaps, so the end is recognised by having nothing more, not by a number.
    if (full || taken.length < messages.length || messages.length === 0 || stretch.toSeq >= upTo) break
  }
  // Between the last message and `upTo` there is nothing: sequences rise by any step.
  if (stretch.toSeq < upTo && stretch.positions === 0) stretch.toSeq = upTo
  return stretch
}

// The number of events stands in the chunk's head; a damaged head is found when the chunk is decoded.
const chunkCount = ({ chunk }: LogMessage): number => (chunk[2] ?? 0) + 256 * (chunk[3] ?? 0)

/** @param forgotten - identities of the stretch that were taken without an entry */
async function addMessages(
  context: PartitionContext,
  stretch: PlanEvents,
  messages: readonly LogMessage[],
  forgotten: Set<string>,
): Promise<void> {
  const { deps, options, calls, row } = context
  const found: { source: ChunkEvent; position: Position; logTime: number }[] = []
  for (const message of messages) {
    for (const [idx, source] of chunkEvents(message).entries()) {
      found.push({
        source,
        position: { partition: row.partition, seq: message.seq, idx },
        logTime: message.logTime,
      })
    }
    stretch.toSeq = message.seq
    stretch.logTime = message.logTime
  }
  stretch.positions += found.length
  const entries = await calls.call('state', () => deps.state.lookup(found.map(({ source }) => source)))
  const now = deps.clock()
  const take = ({ source, position, logTime }: (typeof found)[number], hash: Uint8Array): void => {
    stretch.events.push(coldEvent(acceptedFrom(source, position, logTime, hash)))
    stretch.bytes += source.bytes.length
  }
  for (const [index, one] of found.entries()) {
    const { source, position, logTime } = one
    const entry = entries[index] ?? null
    if (entry === null) {
      // A copy whose owner's entry is over: its own would still be there. Unless the cold store was away for longer than entries live:
      // what was accepted must be stored all the same, and what the window promises about copies is over.
      const key = identityKey(source)
      if (now - logTime < options.registryWindowMs - WINDOW_MARGIN_MS || forgotten.has(key)) continue
      forgotten.add(key)
      take(one, bytesHash(source.bytes))
      continue
    }
    const standing = standingOf(entry, position, options.safety.positionOwner)
    if (standing === 'mine') take(one, entry.hash)
    else if (standing !== 'copy') {
      stretch.gone.push(source.eventId)
      if (standing === 'dead') stretch.dead++
    }
  }
}

/**
 * `mine`: to be stored by this position. `copy`: an earlier position owns it. `dead`: refused under this position.
 * `moved`: refused, then given to a later position by a replay.
 */
function standingOf(
  entry: RegistryEntry,
  position: Position,
  positionOwner: boolean,
): 'mine' | 'copy' | 'dead' | 'moved' {
  if (!positionOwner) return entry.state === 'live' ? 'mine' : 'copy'
  if (samePosition(entry.owner, position)) return entry.state === 'live' ? 'mine' : 'dead'
  const ownedLater =
    entry.owner.seq > position.seq || (entry.owner.seq === position.seq && entry.owner.idx > position.idx)
  return ownedLater ? 'moved' : 'copy'
}

function acceptedFrom(
  source: ChunkEvent,
  position: Position,
  logTime: number,
  hash: Uint8Array,
): AcceptedEvent {
  return {
    projectId: source.projectId,
    eventId: source.eventId,
    position,
    hash,
    logTime,
    receivedAt: source.receivedAt,
    eventTime: source.eventTime,
    bytes: source.bytes,
    event: readableEvent(source.bytes, position.seq),
  }
}
