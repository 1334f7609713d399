// From a call to an event that never changes again: id and time are made here and nowhere else, and the caller's objects are
// written as JSON text at once, so that later changes to them do not show.
import type { WireEvent } from '@penstock/contract'
import type { Draft, DropReason, Values } from './event.ts'
import { createEventIds } from './event-id.ts'
import type { CoreOptions } from './options.ts'
import type { Entry } from './batch.ts'
import type { Platform } from './platform.ts'
import { MAX_EVENT_BYTES } from './limits.ts'
import { createSafeJson } from './safe-json.ts'

export type Captured = { readonly event: Entry; readonly reason?: DropReason }

/** What a call became. With a reason: the event is not to be sent. `ask`: whether `beforeSend` is asked. */
export type Capture = (draft: Draft, ask: boolean) => Captured

export function createCapture(platform: Platform, { beforeSend }: Pick<CoreOptions, 'beforeSend'>): Capture {
  const { clock, logger } = platform
  const newId = createEventIds(platform.ids)
  const safeJson = createSafeJson((what) => logger.warn('value_changed', what), platform.byteLength)
  let lastMs = NaN
  let lastTime = ''

  /** A millisecond holds many events of a busy server; its text is made once. */
  function timeText(ms: number): string {
    if (ms !== lastMs) lastTime = new Date((lastMs = ms)).toISOString()
    return lastTime
  }

  // A backend's events mostly share one context, the client's own: its text is made once.
  let lastContext: Values | undefined
  let lastContextText: string | null | undefined

  /** The event's text with its context, which comes last. */
  function eventText(event: object, context: Values | undefined): string | null | undefined {
    const text = safeJson(event)
    if (context !== lastContext) {
      lastContext = context
      lastContextText = context === undefined ? undefined : safeJson(context, 'context')
    }
    if (!text || lastContextText === undefined) return text
    return lastContextText && `${text.slice(0, -1)},"context":${lastContextText}}`
  }

  function write(event: { event_id: string; type: string }, context?: Values): Captured {
    const id = event.event_id
    let text = eventText(event, context)
    const bytes = text ? platform.byteLength(text) : 0
    const fits = bytes > 0 && bytes <= MAX_EVENT_BYTES
    if (!fits) {
      logger.warn('event_too_large', `${event.type} ${id}`)
      text = `{"event_id":${JSON.stringify(id)},"type":"${event.type}"}`
    }
    const made: Entry = { id, text: text as string, bytes, ref: undefined, seq: 0, settled: false }
    return fits ? { event: made } : { event: made, reason: 'too_large' }
  }

  return (draft, ask) => {
    const now = clock.now()
    // One shape for every event: copying the fields in a loop is two to three times slower.
    const first = write(
      {
        event_id: asText(draft.event_id) ?? newId(now),
        type: draft.type,
        event: asText(draft.event),
        name: asText(draft.name),
        timestamp: draft.timestamp ?? timeText(now),
        user_id: asText(draft.user_id),
        anonymous_id: asText(draft.anonymous_id),
        previous_id: asText(draft.previous_id),
        group_id: asText(draft.group_id),
        session_id: asText(draft.session_id),
        seq: draft.seq,
        properties: draft.properties,
        traits: draft.traits,
      } as WireEvent,
      draft.context,
    )
    if (!ask || beforeSend === undefined || first.reason !== undefined) return first
    try {
      // A copy: whatever the callback does to it cannot reach the caller's objects.
      const changed = beforeSend(JSON.parse(first.event.text) as WireEvent)
      if (typeof changed === 'object' && changed !== null) return write(changed)
    } catch (error) {
      logger.warn('callback_failed', `beforeSend ${String(error)}`)
    }
    return { event: first.event, reason: 'before_send' }
  }
}

/** Ids and names are texts, whatever the caller made of them. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return
  try {
    return (value as { toString(): string }).toString()
  } catch {
    return '[object Object]' // which the server refuses as `id_illegal`, and says so
  }
}
