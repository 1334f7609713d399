// Cursors: opaque to callers, bytes to us. Not secret: they say where in a list, never whose list.
import { cursorInvalid } from '@penstock/pipeline'

const TIMELINE_BYTES = 24

export interface TimelinePlace {
  eventTime: number
  eventId: Uint8Array
}

export function writeTimelineCursor(place: TimelinePlace): string {
  const bytes = Buffer.alloc(TIMELINE_BYTES)
  bytes.writeDoubleBE(place.eventTime, 0)
  bytes.set(place.eventId.subarray(0, 16), 8)
  return bytes.toString('base64url')
}

/** @throws QuestionInvalidError naming `cursor` */
export function readTimelineCursor(cursor: string): TimelinePlace {
  const bytes = Buffer.from(cursor, 'base64url')
  const eventTime = bytes.length === TIMELINE_BYTES ? bytes.readDoubleBE(0) : NaN
  if (!Number.isSafeInteger(eventTime)) {
    throw cursorInvalid()
  }
  return { eventTime, eventId: new Uint8Array(bytes.subarray(8)) }
}
