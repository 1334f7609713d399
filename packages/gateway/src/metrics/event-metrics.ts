// Counts events at the gateway's hop: received = accepted + rejected, for every body that was readable.
import { CODES, EVENT_TYPES, type EventCode, type EventType } from '@penstock/contract'
import { Counter, type Registry } from 'prom-client'
import type { IngestAnswered } from '../ingest/outcome.ts'

export interface EventMetrics {
  answered(outcome: IngestAnswered): void
  /** A replayed dead letter is accepted again; it stood in no body, so it is not received again. */
  replayed(type: EventType): void
}

export function createEventMetrics(registry: Registry): EventMetrics {
  let received = 0
  const accepted = new Map<EventType, number>(EVENT_TYPES.map((type) => [type, 0]))
  const rejected = new Map<EventCode, number>()

  new Counter({
    name: 'penstock_events_received_total',
    help: 'Entries of readable bodies.',
    registers: [registry],
    collect() {
      this.reset()
      this.inc(received)
    },
  })
  new Counter({
    name: 'penstock_events_accepted_total',
    help: 'Events answered as accepted, copies included.',
    labelNames: ['type'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [type, count] of accepted) this.inc({ type }, count)
    },
  })
  new Counter({
    name: 'penstock_events_rejected_total',
    help: 'Events refused, by code.',
    labelNames: ['code'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [code, count] of rejected) if (code in CODES) this.inc({ code }, count)
    },
  })

  const add = (type: EventType, count: number) => accepted.set(type, (accepted.get(type) ?? 0) + count)
  return {
    answered(outcome) {
      received += outcome.received
      if (outcome.accepted > 0) {
        for (const type of EVENT_TYPES) {
          const count = outcome.acceptedByType[type]
          if (count > 0) add(type, count)
        }
      }
      if (outcome.rejectedByCode.size > 0) {
        for (const [code, count] of outcome.rejectedByCode)
          rejected.set(code, (rejected.get(code) ?? 0) + count)
      }
    },
    replayed: (type) => void add(type, 1),
  }
}
