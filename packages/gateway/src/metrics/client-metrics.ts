// What clients say they lost on their side of the wire. A report whose answer was lost is sent again and counted again: these
// are for alerts, not for sums.
import { Counter, type Registry } from 'prom-client'
import { CLIENT_DROP_REASONS, type ClientReport } from '../http/client-report.ts'

export interface ClientMetrics {
  /** Of a request that was answered with 202. */
  reported(report: ClientReport): void
}

export function createClientMetrics(registry: Registry): ClientMetrics {
  const dropped = new Counter({
    name: 'penstock_client_dropped_events_total',
    help: 'Events that SDKs dropped before sending, as they report it, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  })
  const retried = new Counter({
    name: 'penstock_client_retried_requests_total',
    help: 'Requests of SDKs that repeated a batch, as they report it.',
    registers: [registry],
  })
  for (const reason of CLIENT_DROP_REASONS) dropped.inc({ reason }, 0)
  return {
    reported(report) {
      for (const [reason, count] of report.dropped) dropped.inc({ reason }, count)
      if (report.retried > 0) retried.inc(report.retried)
    },
  }
}
