/** Kinds of event, the field's common spec. */
export const EVENT_TYPES = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Only these are activity: `identify`, `group` and `alias` never make an actor active. */
export const ACTIVE_TYPES = ['track', 'page', 'screen'] as const satisfies readonly EventType[]

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }
export type JsonObject = { [key: string]: JsonValue }

/**
 * One event as a client sends it. Wire names; see the HTTP contract for every rule.
 * `null` for a field is as if the field were absent.
 */
export interface WireEvent {
  /** UUID of any version, not nil or max. With the project it is the identity of the event. */
  event_id: string
  type: EventType
  /** Required for `track`: 1–200 characters. */
  event?: string | null
  /** Page or screen name, at most 200 characters. */
  name?: string | null
  /** RFC 3339 with an offset. Default: when the event was received. */
  timestamp?: string | null
  user_id?: string | null
  anonymous_id?: string | null
  previous_id?: string | null
  group_id?: string | null
  session_id?: string | null
  /** Order within a session; integer ≥ 0. */
  seq?: number | null
  properties?: JsonObject | null
  traits?: JsonObject | null
  context?: JsonObject | null
}

/** The fields of an event, in the contract's order. Everything else is unknown and never stored. */
export const EVENT_FIELDS = [
  'event_id',
  'type',
  'event',
  'name',
  'timestamp',
  'user_id',
  'anonymous_id',
  'previous_id',
  'group_id',
  'session_id',
  'seq',
  'properties',
  'traits',
  'context',
] as const satisfies readonly (keyof WireEvent)[]

/** The event name of `page` and `screen` events in every answer. */
export const PAGE_EVENT_NAME = '$page'
export const SCREEN_EVENT_NAME = '$screen'

/**
 * The name an event has in every answer: a track's own `event`, `$page`, `$screen`; other types have none.
 */
export function eventName(event: Pick<WireEvent, 'type' | 'event'>): string {
  if (event.type === 'track') return event.event ?? ''
  if (event.type === 'page') return PAGE_EVENT_NAME
  if (event.type === 'screen') return SCREEN_EVENT_NAME
  return ''
}
