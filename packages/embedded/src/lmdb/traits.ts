// Traits of users: for each key the value of the `identify` with the greatest (event time, event id) that has the key. One
// record per key, so that a user with many traits costs no more than the keys that an event names.
import type { JsonValue } from '@penstock/contract'
import type { AcceptedEvent } from '@penstock/pipeline'
import { compareOrder, encodeOrder } from './event-order.ts'
import { decodeRecord, encodeRecord } from './json-record.ts'
import { userItemKey } from './keys.ts'
import type { StateTables } from './state-environment.ts'

type Trait = readonly [key: string, value: JsonValue]

/** Inside a write transaction. Other types than `identify` say nothing about traits. */
export function putTraits({ traits }: StateTables, accepted: AcceptedEvent): void {
  const { event, projectId, eventTime, eventId } = accepted
  if (event.type !== 'identify' || typeof event.user_id !== 'string') return
  // Own keys only, also one named `__proto__`.
  for (const trait of Object.entries(event.traits ?? {}) satisfies Trait[]) {
    const key = userItemKey(projectId, event.user_id, trait[0])
    const held = traits.get(key)
    if (held !== undefined && compareOrder(eventTime, eventId, decodeRecord<Trait>(held).body) <= 0) continue
    traits.putSync(key, encodeRecord(trait, encodeOrder(eventTime, eventId)))
  }
}

/** What the records of one user say, keys in code-point order; a key whose last value is `null` is unset. */
export function readTraits(values: Iterable<Buffer>): Map<string, unknown> {
  const traits = new Map<string, unknown>()
  for (const bytes of values) {
    const [key, value] = decodeRecord<Trait>(bytes).value
    if (value !== null) traits.set(key, value)
  }
  return traits
}
