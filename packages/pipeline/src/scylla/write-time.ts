// The order of writes. Every write about an event carries a write time that follows from what it says, never from when it is sent:
// the greatest wins, so a worker that wakes up late overwrites nothing, and doing the same work again changes nothing.
//
// Decisions about an identity are ordered by the position that made them. Log time alone does not do: it may be the same for two
// messages (a clock that was set back stands still), and a refusal has the log time of the acceptance that it undoes. So:
//   write time (µs) = log time · 1,000 + sequence · 2 + (0 accepted | 1 refused)
// Log time never falls inside a partition and the sequence rises, so a later position is always later here, and between an
// acceptance and any later position stands its refusal. The sequence puts the clock ahead a little: after three years of 1,000
// messages a second by 52 hours; ScyllaDB refuses more than three days.
//
// Links and traits belong to event time instead: of all links the *smallest* (event time, event id) holds, of all values of a trait the
// greatest. Write times around a fixed origin in the past say the time; the event id stands at the beginning of the value, where a
// server that finds equal write times compares (greatest bytes win). So nothing needs to be read before it is written. None of these
// rows has a lifetime: with one a server would compare expiry before value.
import { PipelineError } from '../errors.ts'
import type { Position } from '../ports/identity.ts'

export type Decision = 'accepted' | 'refused'

export const decisionTime = (logTime: number, position: Position, decision: Decision): bigint =>
  BigInt(Math.floor(logTime) * 1_000 + position.seq * 2 + (decision === 'refused' ? 1 : 0))

const ORIGIN_US = 1_000_000_000_000_000
/** Of a link: earlier events win. */
export const earlierWins = (eventTime: number): bigint => BigInt(ORIGIN_US - Math.floor(eventTime))
/** Of a trait: later events win. */
export const laterWins = (eventTime: number): bigint => BigInt(ORIGIN_US + Math.floor(eventTime))

// More than the events that a message can have.
const INDEXES = 4_096
/** Of a dead letter's attempt: the later position wins. */
export const attemptTime = ({ seq, idx }: Position): bigint => BigInt(seq) * BigInt(INDEXES) + BigInt(idx)

const ID_BYTES = 16

/** Of two users linked at the same moment the one of the smaller event id holds: its inverted bytes are greater. */
export function encodeHolder(eventId: Uint8Array, userId: string): Buffer {
  const value = Buffer.allocUnsafe(ID_BYTES + Buffer.byteLength(userId))
  for (let index = 0; index < ID_BYTES; index++) value[index] = 255 - (eventId[index] as number)
  value.write(userId, ID_BYTES, 'utf8')
  return value
}

export const decodeHolder = (value: Uint8Array): string => textAfterId(value)

export function encodeTrait(eventId: Uint8Array, value: unknown): Buffer {
  return Buffer.concat([eventId.subarray(0, ID_BYTES), Buffer.from(JSON.stringify(value))])
}

export const decodeTrait = (value: Uint8Array): unknown => JSON.parse(textAfterId(value)) as unknown

function textAfterId(value: Uint8Array): string {
  if (value.length < ID_BYTES) throw new PipelineError('corrupt', 'hot', 'a link or trait is damaged')
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8', ID_BYTES)
}
