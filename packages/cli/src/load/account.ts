// The books of a run: what was sent, what was answered, and what the answers must therefore count. People are counted in bit
// sets, one per day and one per event name, so that a long run stays small.
import type { MadeEvent } from './crowd.ts'
import { STEP_NAMES } from './visit.ts'

const IDENTIFY = STEP_NAMES.indexOf('identify')

export interface Account {
  sent: number
  unique: number
  accepted: number
  rejected: number
  /** Events of requests that were never answered; some may be stored. */
  failed: number
  requests: number
  repeated: number
  /** The server's latest `accepted_at`. */
  lastAcceptedAt: string | null
  /** Counts a body that was answered: its fresh events must be counted by the server. */
  settle(fresh: readonly MadeEvent[]): void
  /** What top events must say, identify left out. */
  byName(): Map<string, { events: number; users: number }>
  /** Active people per day (days since 1970). */
  byDay(): Map<number, number>
}

export function createAccount(): Account {
  const names = STEP_NAMES.map(() => ({ events: 0, people: createPeopleSet() }))
  const days = new Map<number, PeopleSet>()
  return {
    sent: 0,
    unique: 0,
    accepted: 0,
    rejected: 0,
    failed: 0,
    requests: 0,
    repeated: 0,
    lastAcceptedAt: null,
    settle(fresh) {
      for (const { step, person, day } of fresh) {
        const name = names[step] as (typeof names)[number]
        name.events += 1
        name.people.add(person)
        if (step === IDENTIFY) continue
        let people = days.get(day)
        if (people === undefined) days.set(day, (people = createPeopleSet()))
        people.add(person)
      }
    },
    byName() {
      const entries = STEP_NAMES.map((name, step) => {
        const { events, people } = names[step] as (typeof names)[number]
        return [name, { events, users: people.size() }] as const
      })
      return new Map(entries.filter(([name, { events }]) => name !== 'identify' && events > 0))
    },
    byDay: () => new Map([...days].map(([day, people]) => [day, people.size()])),
  }
}

interface PeopleSet {
  add(person: number): void
  size(): number
}

function createPeopleSet(): PeopleSet {
  let bits = new Uint8Array(1024)
  let size = 0
  return {
    add(person) {
      const byte = person >>> 3
      if (byte >= bits.length) {
        const larger = new Uint8Array(Math.max(bits.length * 2, byte + 1))
        larger.set(bits)
        bits = larger
      }
      const mask = 1 << (person & 7)
      if (((bits[byte] as number) & mask) !== 0) return
      bits[byte] = (bits[byte] as number) | mask
      size += 1
    },
    size: () => size,
  }
}
