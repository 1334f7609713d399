// Takes the place of the server in unit tests, with either SDK: the real client makes the events (types, `beforeSend`, context,
// what cannot be serialised), and here they end. Nothing is sent or stored.
import type { WireEvent } from '@penstock/contract'
import type { AnyPlan, EventPlan } from '@penstock/sdk-core'
import { type EventMatchers, createEventMatchers } from './event-matchers.ts'
import type { ReceivedEvent } from './received-event.ts'

export interface MemorySinkOptions {
  /** Your application's own `beforeSend`; the sink sees what it returns. */
  beforeSend?: (event: WireEvent) => WireEvent | null
}

/** What `createPenstock` is to be given. */
export interface SinkOptions {
  readonly writeKey: string
  readonly host: string
  readonly beforeSend: (event: WireEvent) => null
}

export interface MemorySink<Plan extends EventPlan = AnyPlan> extends EventMatchers<Plan> {
  /**
   * For `createPenstock({ ...sink.options })`, with the options of your own you like. The client hands every event over at the
   * call and drops it as `before_send`: `track()` returns false, `stats().dropped.before_send` counts, nothing leaves the process.
   */
  readonly options: SinkOptions
  /** What was tracked, oldest first, as it would have been sent. */
  events(): readonly ReceivedEvent[]
  /** Forgets them. */
  clear(): void
}

/** A new, empty sink; one per test, or `clear()` between tests. */
export function createMemorySink<Plan extends EventPlan = AnyPlan>(
  options: MemorySinkOptions = {},
): MemorySink<Plan> {
  let events: ReceivedEvent[] = []
  const watching = new Set<() => void>()
  return {
    ...createEventMatchers<Plan>({
      events: () => events,
      watch(check) {
        watching.add(check)
        return () => watching.delete(check)
      },
    }),
    options: {
      writeKey: 'pk_test',
      host: 'https://penstock.invalid', // a name that never resolves (RFC 6761)
      beforeSend(event) {
        const kept = options.beforeSend === undefined ? event : options.beforeSend(event)
        if (kept !== null) {
          events.push(kept as ReceivedEvent)
          for (const check of [...watching]) check()
        }
        return null
      },
    },
    events: () => events,
    clear: () => void (events = []),
  }
}
