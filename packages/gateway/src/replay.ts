// Sends dead letters through the same road again. The order makes it safe to die anywhere: the append is durable first, then the
// letter is settled, and only if nothing happened to it since it was read. Dying in between sends the letter twice, and the
// worker recognises the copy. A letter whose refusal the worker has not finished yet is not sent: its own event would make the
// replay a copy, and when that event then dies, the letter would be closed and the event nowhere.
import { decodeEvent, samePosition, type DeadLetter, type DeadLetterFilter } from '@penstock/pipeline'
import { CODES, formatUuid, parseUuid } from '@penstock/contract'
import { ProblemError, type ProblemCode } from './http/problem.ts'
import type { RouteContext } from './routes/route-context.ts'

type Parts = Pick<RouteContext, 'deps' | 'ingest' | 'events'>

const LETTERS_AT_ONCE = 50

export interface Replay {
  /** The letter's state afterwards: `open` when the event has already come back as a letter, or was not sent. */
  state: DeadLetter['state']
  /** False when the letter is not open, or its refusal is not finished: try again in a moment. */
  sent: boolean
}

/**
 * Replays one open letter, `repaired` instead of its own bytes when given.
 * @throws ProblemError 422 with the code of the refusal and `field`; 503
 */
export async function replayLetter(
  { deps, ingest, events }: Parts,
  letter: DeadLetter,
  repaired: Uint8Array | null,
): Promise<Replay> {
  if (letter.state !== 'open') return { state: letter.state, sent: false }
  const bytes = repaired ?? letter.body
  // Opened again a moment ago: the worker is about to put it.
  if (bytes === null) return { state: 'open', sent: false }
  const keepsTime = repaired === null || sameTimestamp(repaired, letter)
  if (repaired !== null) checkIdentity(letter, repaired)
  if ((await isBeingRefused(deps.state, letter)) && hasOwnId(letter, bytes))
    return { state: 'open', sent: false }
  const outcome = await ingest.replay({
    projectId: letter.projectId,
    bytes,
    receivedAt: letter.receivedAt,
    ...(keepsTime ? { eventTime: letter.eventTime } : {}),
  })
  if (outcome.kind === 'refused') throw refusal(outcome)
  deps.failpoint('replay.after_append')
  events.replayed(decodeEvent(bytes).type)
  if (await deps.deadLetters.settle(letter.projectId, letter.id, letter.attempts, 'replayed'))
    return { state: 'replayed', sent: true }
  const now = await deps.deadLetters.get(letter.projectId, letter.id)
  return { state: now?.state ?? 'open', sent: true }
}

/** Replays every open letter that fits. Letters that come back meanwhile are newer than the page's cursor: it ends. */
export async function replayAll(
  parts: Parts,
  projectId: string,
  filter: DeadLetterFilter,
  signal: AbortSignal,
): Promise<number> {
  const { deadLetters } = parts.deps
  let replayed = 0
  let cursor: string | undefined
  do {
    const page: Awaited<ReturnType<typeof deadLetters.list>> = await deadLetters.list(
      projectId,
      { ...filter, state: 'open' },
      { limit: LETTERS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) },
    )
    const replays = await Promise.all(page.letters.map((letter) => replayLetter(parts, letter, null)))
    replayed += replays.filter(({ sent }) => sent).length
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined && !signal.aborted)
  return replayed
}

// The winner of a conflict holds its id; whatever else a repair changes, that id is taken.
function checkIdentity(letter: DeadLetter, repaired: Uint8Array): void {
  if (letter.reason !== 'event_id_conflict') return
  if (hasOwnId(letter, repaired)) {
    throw new ProblemError(
      'event_id_conflict',
      'The winner holds this event_id; give the repaired event another one.',
      {
        extra: { field: 'event_id' },
      },
    )
  }
}

function hasOwnId(letter: DeadLetter, bytes: Uint8Array): boolean {
  const { event_id } = decodeEvent(bytes) as { event_id?: unknown }
  const id = typeof event_id === 'string' ? parseUuid(event_id) : null
  return id !== null && formatUuid(id) === formatUuid(letter.eventId)
}

// Where a refusal is not one transaction the letter is there before the registry says dead. A crash in between is repaired by the
// same refusal, which is no new attempt and so opens no letter that was settled meanwhile. The cold stage commits after it.
async function isBeingRefused(state: Parts['deps']['state'], letter: DeadLetter): Promise<boolean> {
  const { reason, lastPosition } = letter
  if (reason !== 'store_refused') return false
  const [entry] = await state.lookup([letter])
  if (entry?.state !== 'live' || !samePosition(entry.owner, lastPosition)) return false
  const row = await state.read(lastPosition.partition)
  return row === null || row.coldThrough < lastPosition.seq
}

// A clock correction was worked out from the request that brought the letter; it cannot be worked out again.
function sameTimestamp(repaired: Uint8Array, letter: DeadLetter): boolean {
  return letter.body !== null && decodeEvent(repaired).timestamp === decodeEvent(letter.body).timestamp
}

function refusal(outcome: {
  code: ProblemCode
  detail: string
  field?: string
  retryAfterSeconds?: number
}): ProblemError {
  // A repair with, say, a broken body is 422 like every refused event; what is about us keeps its status.
  const status = CODES[outcome.code].status
  return new ProblemError(outcome.code, outcome.detail, {
    status: status >= 429 ? status : 422,
    extra: outcome.field === undefined ? {} : { field: outcome.field },
    headers:
      outcome.retryAfterSeconds === undefined ? {} : { 'retry-after': String(outcome.retryAfterSeconds) },
  })
}
