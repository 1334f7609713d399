// GET /events/{event_id}: where an event is, or how far processing has come. The order of the reads is what makes a 404 true:
// progress first, then the stores. Everything processed before that moment is then already visible.
import { REGISTRY_WINDOW_MS, formatUuid, parseUuid, uuidTimeMs, type Receipt } from '@penstock/contract'
import { EventIdParams, ReceiptQuery, ReceiptSchema } from '@penstock/contract/schema'
import { partitionOf } from '@penstock/contract/stream'
import { formatTimestamp, processedThrough, storedEvent, type Identity } from '@penstock/pipeline'
import { answers } from '../http/answer-schemas.ts'
import { callerOf } from '../http/caller.ts'
import { ProblemError } from '../http/problem.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

export function registerReceipts(app: TypedApp, context: RouteContext): void {
  const schema = {
    tags: ['Events'],
    summary: 'Where an event is',
    params: EventIdParams,
    querystring: ReceiptQuery,
    response: answers(200, ReceiptSchema),
  }
  for (const url of ['/events/:event_id', '/v1/events/:event_id']) {
    app.get(url, { schema, onRequest: context.allow('write', 'read') }, async (request) => {
      const { access, projectId } = callerOf(request)
      const eventId = parseUuid(request.params.event_id)
      if (eventId === null)
        throw new ProblemError('event_id_invalid', 'The id in the path is no UUID.', { status: 400 })
      return receipt(context, { projectId, eventId }, access.role !== 'write')
    })
  }
}

async function receipt(context: RouteContext, identity: Identity, withEvent: boolean): Promise<Receipt> {
  const { log, state, hot, deadLetters } = context.deps
  const partition = partitionOf(identity.projectId, identity.eventId, 0, log.partitions)
  const processed = (await processedThrough(log, state, partition, 'hot')) - context.options.clockDifferenceMs
  // Before the event itself: a row that the cold store refused leaves the hot store before `coldThrough` passes it.
  const coldThrough = (await state.read(partition))?.coldThrough ?? 0
  const [rows, letter] = await Promise.all([hot.events([identity]), deadLetters.latestOf(identity)])
  const row = rows[0] ?? null
  const event_id = formatUuid(identity.eventId)
  const dead_letter = letter === null ? {} : { dead_letter: { id: letter.id, reason: letter.reason } }
  const shown = row ?? letter
  // A settled letter may have given up its bytes.
  const bytes = row?.bytes ?? letter?.body ?? null
  if (shown === null) throw notFound(context, identity.eventId, processed)
  return {
    event_id,
    state: row === null ? 'dead_letter' : row.position.seq <= coldThrough ? 'cold' : 'hot',
    received_at: formatTimestamp(shown.receivedAt),
    ...dead_letter,
    ...(withEvent && bytes !== null ? { event: storedEvent({ ...shown, bytes }) } : {}),
  }
}

function notFound({ deps }: RouteContext, eventId: Uint8Array, processed: number): ProblemError {
  const extra = { processed_through: formatTimestamp(processed) }
  const mintedAt = uuidTimeMs(eventId)
  if (mintedAt !== null && mintedAt < deps.clock() - REGISTRY_WINDOW_MS) {
    return new ProblemError('event_expired', 'Receipts are kept for 35 days; this id is older.', { extra })
  }
  return new ProblemError(
    'event_not_found',
    'What was accepted before processed_through would be here; accepted later, ask again.',
    { extra },
  )
}
