// From a call to an event that never changes again: id and time are made here and nowhere else, and the caller's objects are
// written as JSON text at once, so that later changes to them do not show.
import type { WireEvent } from '@penstock/contract'
import type { Guard } from './callbacks.ts'
import type { Draft, DropReason, WrittenEvent } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { Platform, StoredEvent } from './platform.ts'
import { MAX_EVENT_BYTES } from './limits.ts'

/** A queued event. */
export interface Entry extends StoredEvent {
  /** Accounted for: delivered or dropped. */
  isSettled: boolean
  /** Why it is not to be sent. */
  readonly refusal: DropReason | undefined
}

/** What a call became. `ask`: whether `beforeSend` is asked. */
export type Capture = (draft: Draft, ask: boolean) => Entry

export function createCapture(
  { clock, logger, newId, toJson, byteLength }: Platform,
  { beforeSend }: Pick<CoreOptions, 'beforeSend'>,
  guard: Guard,
): Capture {
  function write(event: WrittenEvent): Entry {
    const { event_id: id, type } = event
    const text = toJson(event)
    const bytes = text ? byteLength(text) : 0
    if (bytes > 0 && bytes <= MAX_EVENT_BYTES) return entry(id, text as string, bytes, undefined)
    logger.warn('event_too_large', `${type} ${id}`)
    return entry(id, JSON.stringify({ event_id: id, type }), bytes, 'too_large')
  }

  return (draft, ask) => {
    const now = clock.now()
    draft.event_id ??= newId(now)
    draft.timestamp ??= clock.timeText(now)
    const captured = write(draft as WrittenEvent)
    if (!ask || beforeSend === undefined || captured.refusal !== undefined) return captured
    // Both are copies: whatever the callback does to its event cannot reach the caller's objects, nor we its own.
    const changed = guard('beforeSend', () => beforeSend(JSON.parse(captured.text) as WireEvent))
    return typeof changed === 'object' && changed !== null
      ? write({ ...changed } as WrittenEvent)
      : entry(captured.id, captured.text, captured.bytes, 'before_send')
  }
}

/** One shape for every event. */
const entry = (id: string, text: string, bytes: number, refusal: DropReason | undefined): Entry => ({
  id,
  text,
  bytes,
  ref: undefined,
  isSettled: false,
  refusal,
})
