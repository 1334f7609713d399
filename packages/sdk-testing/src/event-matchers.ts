// Expectations about a growing list of events, for any test runner: they throw an Error with a message that says what came
// instead. The list may be a memory sink's or a fake gateway's.
import type { AnyPlan, EventName, EventPlan, PropertiesOf } from '@penstock/sdk-core'
import { type Expected, differences, show } from './expected.ts'
import type { ReceivedEvent } from './received-event.ts'

/** Any part of an event, wire names. */
export type EventPattern = {
  readonly [Field in keyof ReceivedEvent]?: Expected<Exclude<ReceivedEvent[Field], undefined>>
}

export interface WaitOptions {
  /** Longest wait. Unit: ms. @defaultValue 1,000 */
  timeoutMs?: number
}

/**
 * Each takes the name of a tracked event and some of its properties, or a pattern of any kind of event. A property may be a
 * value, a function that returns true for it, or a matcher such as `expect.any(Number)`.
 */
export interface EventMatchers<Plan extends EventPlan = AnyPlan> {
  /** The oldest event that fits. @throws Error saying which event came closest, and where it differs */
  expectEvent<Name extends EventName<Plan>>(
    event: Name,
    properties?: Expected<PropertiesOf<Plan, Name>>,
  ): ReceivedEvent
  expectEvent(pattern: EventPattern): ReceivedEvent
  /** @throws Error showing the event when one fits */
  expectNoEvent<Name extends EventName<Plan>>(
    event: Name,
    properties?: Expected<PropertiesOf<Plan, Name>>,
  ): void
  expectNoEvent(pattern: EventPattern): void
  /** Resolves with the oldest event that fits, now or within the time; rejects like `expectEvent`. */
  waitForEvent<Name extends EventName<Plan>>(
    event: Name,
    properties?: Expected<PropertiesOf<Plan, Name>>,
    options?: WaitOptions,
  ): Promise<ReceivedEvent>
  waitForEvent(pattern: EventPattern, options?: WaitOptions): Promise<ReceivedEvent>
}

/** Where the events come from. */
export interface EventSource {
  events(): readonly ReceivedEvent[]
  /** Calls back after each change; returns how to stop that. */
  watch(check: () => void): () => void
}

const DEFAULT_TIMEOUT_MS = 1_000

export function createEventMatchers<Plan extends EventPlan = AnyPlan>(
  source: EventSource,
): EventMatchers<Plan> {
  const find = (pattern: EventPattern) =>
    source.events().find((event) => differences(pattern, event).length === 0)

  return {
    expectEvent(what: string | EventPattern, properties?: unknown) {
      const pattern = toPattern(what, properties)
      const event = find(pattern)
      if (event === undefined) throw missing(pattern, source.events())
      return event
    },
    expectNoEvent(what: string | EventPattern, properties?: unknown) {
      const pattern = toPattern(what, properties)
      const event = find(pattern)
      if (event !== undefined) throw new Error(`an event matches ${show(pattern)}: ${show(event)}`)
    },
    waitForEvent(what: string | EventPattern, second?: unknown, third?: WaitOptions) {
      const named = typeof what === 'string'
      const pattern = toPattern(what, named ? second : undefined)
      const { timeoutMs = DEFAULT_TIMEOUT_MS } = (named ? third : (second as WaitOptions | undefined)) ?? {}
      return new Promise<ReceivedEvent>((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer)
          stop()
        }
        const check = (): void => {
          const event = find(pattern)
          if (event === undefined) return
          end()
          resolve(event)
        }
        const timer = setTimeout(() => {
          end()
          reject(missing(pattern, source.events(), ` within ${timeoutMs} ms`))
        }, timeoutMs)
        const stop = source.watch(check)
        check()
      })
    },
  }
}

function toPattern(what: string | EventPattern, properties: unknown): EventPattern {
  if (typeof what !== 'string') return what
  return {
    type: 'track',
    event: what,
    ...(properties === undefined ? {} : { properties: properties as Record<string, unknown> }),
  }
}

function missing(pattern: EventPattern, events: readonly ReceivedEvent[], when = ''): Error {
  const lines = [`no event matches ${show(pattern)}${when}`]
  const ranked = events
    .map((event) => ({ event, found: differences(pattern, event) }))
    .sort((a, b) => a.found.length - b.found.length)
  const [closest] = ranked
  if (closest === undefined) lines.push('there was no event at all')
  else {
    lines.push(`closest: ${describe(closest.event)}: ${closest.found.join('; ')}`)
    lines.push(
      `all ${events.length}: ${events.slice(0, 20).map(describe).join(', ')}${events.length > 20 ? ', …' : ''}`,
    )
  }
  return new Error(lines.join('\n'))
}

const describe = ({ type, event, name }: ReceivedEvent): string => {
  const label = event ?? name
  return label === undefined ? type : `${type} ${JSON.stringify(label)}`
}
