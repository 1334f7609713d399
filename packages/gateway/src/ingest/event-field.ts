// The fields of an event as small numbers, found from a key's bytes without making a text of it.
import { EVENT_FIELDS } from '@penstock/contract'

/** Index of a field in `EVENT_FIELDS`; `UNKNOWN_FIELD` for every other key. */
export const FIELD = {
  eventId: 0,
  type: 1,
  event: 2,
  name: 3,
  timestamp: 4,
  userId: 5,
  anonymousId: 6,
  previousId: 7,
  groupId: 8,
  sessionId: 9,
  seq: 10,
  properties: 11,
  traits: 12,
  context: 13,
} as const
export const UNKNOWN_FIELD = -1
export const FIELD_COUNT = EVENT_FIELDS.length

const NAMES = EVENT_FIELDS.map((name) => Buffer.from(name))

/** Field of the key between `start` and `end` (no escapes). */
export function fieldAt(bytes: Buffer, start: number, end: number): number {
  const field = candidate(end - start, bytes[start] as number)
  if (field < 0) return field
  const name = NAMES[field] as Buffer
  for (let index = 1; index < name.length; index++) {
    if (bytes[start + index] !== name[index]) return UNKNOWN_FIELD
  }
  return field
}

/** The only field with this length and first byte. */
function candidate(length: number, first: number): number {
  switch (length) {
    case 3:
      return first === 0x73 ? FIELD.seq : UNKNOWN_FIELD
    case 4:
      return first === 0x74 ? FIELD.type : first === 0x6e ? FIELD.name : UNKNOWN_FIELD
    case 5:
      return first === 0x65 ? FIELD.event : UNKNOWN_FIELD
    case 6:
      return first === 0x74 ? FIELD.traits : UNKNOWN_FIELD
    case 7:
      return first === 0x75 ? FIELD.userId : first === 0x63 ? FIELD.context : UNKNOWN_FIELD
    case 8:
      return first === 0x65 ? FIELD.eventId : first === 0x67 ? FIELD.groupId : UNKNOWN_FIELD
    case 9:
      return first === 0x74 ? FIELD.timestamp : UNKNOWN_FIELD
    case 10:
      return first === 0x73 ? FIELD.sessionId : first === 0x70 ? FIELD.properties : UNKNOWN_FIELD
    case 11:
      return first === 0x70 ? FIELD.previousId : UNKNOWN_FIELD
    case 12:
      return first === 0x61 ? FIELD.anonymousId : UNKNOWN_FIELD
    default:
      return UNKNOWN_FIELD
  }
}
