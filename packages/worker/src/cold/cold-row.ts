// An accepted event as the cold store keeps it. A pure function of the event: a plan that is done again makes the same rows.
import { eventName, type JsonObject, type WireEvent } from '@penstock/contract'
import { parseTimestamp, type AcceptedEvent, type ColdRow } from '@penstock/pipeline'

export function coldRow(accepted: AcceptedEvent): ColdRow {
  const { event } = accepted
  return {
    projectId: accepted.projectId,
    eventId: accepted.eventId,
    type: event.type,
    name: eventName(event),
    event: event.event ?? '',
    pageName: event.name ?? '',
    eventTime: accepted.eventTime,
    receivedAt: accepted.receivedAt,
    originalTimestamp: originalTimestamp(event, accepted.eventTime),
    userId: event.user_id ?? '',
    anonymousId: event.anonymous_id ?? '',
    previousId: event.previous_id ?? '',
    groupId: event.group_id ?? '',
    sessionId: event.session_id ?? '',
    seq: event.seq ?? null,
    properties: jsonText(event.properties),
    traits: jsonText(event.traits),
    context: jsonText(event.context),
  }
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
