// An accepted event on its way into the cold store: its row, with what is needed should the store refuse it. Made right after the
// hot commit, so that the parsed event is garbage while it is young; waiting costs the row's texts only. A pure function of the
// event: a plan that is done again makes the same rows.
import { eventName, type JsonObject, type WireEvent } from '@penstock/contract'
import { parseTimestamp, type AcceptedEvent, type ColdRow } from '@penstock/pipeline'
import { readableEvent } from '../hot/candidate.ts'

export interface ColdEvent extends ColdRow, Pick<AcceptedEvent, 'position' | 'hash' | 'logTime' | 'bytes'> {}

export function coldEvent(accepted: AcceptedEvent): ColdEvent {
  const { event, position, hash, logTime, bytes } = accepted
  return {
    position,
    hash,
    logTime,
    bytes,
    projectId: accepted.projectId,
    eventId: accepted.eventId,
    type: event.type,
    name: eventName(event),
    event: event.event ?? '',
    pageName: event.name ?? null,
    eventTime: accepted.eventTime,
    receivedAt: accepted.receivedAt,
    originalTimestamp: originalTimestamp(event, accepted.eventTime),
    userId: event.user_id ?? '',
    anonymousId: event.anonymous_id ?? '',
    previousId: event.previous_id ?? '',
    groupId: event.group_id ?? '',
    sessionId: event.session_id ?? null,
    seq: event.seq ?? null,
    properties: jsonText(event.properties),
    traits: jsonText(event.traits),
    context: jsonText(event.context),
  }
}

/** The event again as the state store knows it: rare, so it is parsed again. */
export function acceptedAgain(cold: ColdEvent): AcceptedEvent {
  const { projectId, eventId, position, hash, logTime, receivedAt, eventTime, bytes } = cold
  const event = readableEvent(bytes, position.seq)
  return { projectId, eventId, position, hash, logTime, receivedAt, eventTime, bytes, event }
}

function originalTimestamp(event: WireEvent, eventTime: number): number | null {
  if (event.timestamp === null || event.timestamp === undefined) return null
  const sent = parseTimestamp(event.timestamp)
  return sent === eventTime ? null : sent
}

const jsonText = (value: JsonObject | null | undefined): string =>
  value === null || value === undefined ? '' : JSON.stringify(value)

const YEAR_2200 = Date.UTC(2200, 0, 1)

/** Whether the cold store's time column can hold it. The gateway lets nothing else through; a wrapped date would be silent. */
export const isStorableTime = (eventTime: number): boolean => eventTime >= 0 && eventTime < YEAR_2200
