// Reads `{ "sent_at": T, "events": [...] }`. The entries are taken where they stand, in the same pass; a later copy of a key
// counts instead of an earlier one, and `null` is as if absent. Also decides whether the object is an envelope at all: one
// with an `event_id` is an event, and so is one with neither `events` nor `sent_at`, or with a `type` and no list of events.
import { LIMITS } from '@penstock/contract'
import { parseTimestamp } from '@penstock/pipeline'
import { type Batch, clearBatch } from './batch.ts'
import { TOO_MANY, readEntries } from './entries.ts'
import type { EventScan } from './event-scan.ts'
import { scanPastLimit, scanString, scanValue, skipSpace } from './json-scan.ts'

export interface Envelope {
  /** Behind the object; -1 when it is no JSON, TOO_MANY when it has too many events. */
  end: number
  /** It is one event and no envelope. */
  isEvent: boolean
  /** `events` is an array, and its entries are in the batch. */
  isList: boolean
  /** ms since 1970; NaN when it is absent or unreadable. */
  sentAt: number
  sentAtInvalid: boolean
  /** Own keys that mean nothing here. */
  unknown: string[]
}

/** Keys met so far, with where their last values begin. -1: absent or null. */
interface Members {
  keys: number
  eventId: number
  events: number
  sentAt: number
  unknown: Set<string>
}

/** Reads the object at `at`. Its entries go into the batch. */
export function readEnvelope(batch: Batch, scan: EventScan, at: number): Envelope {
  const members: Members = { keys: 0, eventId: -1, events: -1, sentAt: -1, unknown: new Set() }
  const end = readMembers(batch, scan, at, members)
  const { bytes } = scan
  let sentAt = NaN
  if (end >= 0 && members.sentAt >= 0 && bytes[members.sentAt] === 0x22) {
    const text = bytes.toString('utf8', members.sentAt, scanString(scan, members.sentAt, bytes.length))
    sentAt = parseTimestamp(JSON.parse(text) as string) ?? NaN
  }
  const isList = members.events >= 0 && bytes[members.events] === 0x5b
  return {
    end,
    // An object over the limit of keys is an event, and refused as one. A `type` without a list is an event that lacks its id.
    isEvent:
      members.eventId >= 0 ||
      (members.events < 0 && members.sentAt < 0) ||
      members.keys > LIMITS.maxKeysPerObject ||
      (!isList && members.unknown.has('type')),
    isList,
    sentAt,
    sentAtInvalid: members.sentAt >= 0 && Number.isNaN(sentAt),
    unknown: [...members.unknown],
  }
}

function readMembers(batch: Batch, scan: EventScan, at: number, members: Members): number {
  const { bytes } = scan
  const end = bytes.length
  at = skipSpace(scan, at + 1, end)
  if (at < end && bytes[at] === 0x7d) return at + 1
  for (;;) {
    // Over the limit names mean nothing any more.
    if (++members.keys > LIMITS.maxKeysPerObject) return scanPastLimit(scan, at, end)
    if (at >= end || bytes[at] !== 0x22) return -1
    const key = at
    at = scanString(scan, at, end)
    if (at < 0) return -1
    const name = JSON.parse(bytes.toString('utf8', key, at)) as string
    at = skipSpace(scan, at, end)
    if (at >= end || bytes[at] !== 0x3a) return -1
    at = skipSpace(scan, at + 1, end)
    const value = at
    const isEvents = noteMember(members, name, bytes[value] === 0x6e ? -1 : value)
    if (isEvents) clearBatch(batch)
    at = isEvents && bytes[value] === 0x5b ? readEntries(batch, scan, value) : scanValue(scan, value, end)
    if (at < 0) return at === TOO_MANY ? TOO_MANY : -1
    at = skipSpace(scan, at, end)
    const next = at < end ? bytes[at] : 0
    if (next === 0x7d) return at + 1
    if (next !== 0x2c) return -1
    at = skipSpace(scan, at + 1, end)
  }
}

/** Notes a member. Returns whether it is `events`. */
function noteMember(members: Members, name: string, place: number): boolean {
  if (name === 'events') members.events = place
  else if (name === 'event_id') members.eventId = place
  else if (name === 'sent_at') members.sentAt = place
  else if (place < 0) members.unknown.delete(name.toWellFormed())
  else members.unknown.add(name.toWellFormed())
  return name === 'events'
}
