// Counters of one worker in a registry of its own, so that several workers, and tests, never share series. Labels come from
// fixed lists only. `stored` counts each event once per store; `dead_letters` counts new letters, one that arrives again is
// a duplicate; what is under way is in `queue_bytes` and the two lags.
import { Counter, Gauge, Registry } from 'prom-client'

export interface WorkerMetrics {
  stored: Counter<'store'>
  duplicates: Counter
  deadLetters: Counter<'reason'>
  storeErrors: Counter<'store' | 'kind'>
  coldInserts: Counter
  recoveries: Counter
  partitionsHalted: Gauge<'reason'>
  leasesTaken: Counter
  leasesEnded: Counter<'reason'>
  text(): Promise<string>
}

export type HaltReason = 'corrupt' | 'fenced' | 'bug'

/** Why a partition was left. */
export type LeaseEnd = (typeof LEASE_ENDS)[number]
const LEASE_ENDS = ['shared_out', 'stopped', 'taken', 'expired', 'halted'] as const

export interface WorkerGauges {
  partitionsHeld(): number
  queueBytes(): number
  queueLimitBytes: number
  /** null: not known now; the series is then NaN, never 0. */
  lag(): Promise<{ events: number; seconds: number } | null>
}

export function createWorkerMetrics(gauges: WorkerGauges): WorkerMetrics {
  const registry = new Registry()
  const registers = [registry]
  const stored = new Counter({
    name: 'penstock_events_stored_total',
    help: 'Events stored, once per store',
    labelNames: ['store'],
    registers,
  })
  const duplicates = new Counter({
    name: 'penstock_events_duplicate_total',
    help: 'Copies of events that were dropped',
    registers,
  })
  const deadLetters = new Counter({
    name: 'penstock_dead_letters_total',
    help: 'Dead letters made',
    labelNames: ['reason'],
    registers,
  })
  const storeErrors = new Counter({
    name: 'penstock_store_errors_total',
    help: 'Failed calls of a store by what the failure means',
    labelNames: ['store', 'kind'],
    registers,
  })
  const coldInserts = new Counter({
    name: 'penstock_cold_inserts_total',
    help: 'Inserts into the events table that succeeded',
    registers,
  })
  const recoveries = new Counter({
    name: 'penstock_plan_recoveries_total',
    help: 'Open plans of an earlier run that were finished',
    registers,
  })
  const partitionsHalted = new Gauge({
    name: 'penstock_partitions_halted',
    help: 'Partitions that stopped and need somebody: alert when not 0',
    labelNames: ['reason'],
    registers,
  })
  const leasesTaken = new Counter({
    name: 'penstock_leases_taken_total',
    help: 'Partitions taken from the workers’ common stock',
    registers,
  })
  const leasesEnded = new Counter({
    name: 'penstock_leases_ended_total',
    help: 'Partitions left: shared_out and stopped are in order, taken and expired were lost, halted needs somebody',
    labelNames: ['reason'],
    registers,
  })
  const partitionsHeld = new Gauge({
    name: 'penstock_partitions_held',
    help: 'Partitions that this worker works on; over all workers it must be the number of partitions',
    registers,
  })
  for (const reason of LEASE_ENDS) leasesEnded.inc({ reason }, 0)
  for (const store of ['hot', 'cold']) stored.inc({ store }, 0)
  for (const reason of ['event_id_conflict', 'store_refused']) deadLetters.inc({ reason }, 0)
  for (const reason of ['corrupt', 'fenced', 'bug'] satisfies HaltReason[]) {
    partitionsHalted.set({ reason }, 0)
  }
  const queueBytes = new Gauge({
    name: 'penstock_queue_bytes',
    help: 'Estimated memory of events waiting in a queue',
    labelNames: ['queue'],
    registers,
  })
  new Gauge({
    name: 'penstock_queue_limit_bytes',
    help: 'Where a queue takes no more; the log is then read again',
    labelNames: ['queue'],
    registers,
  }).set({ queue: 'cold' }, gauges.queueLimitBytes)
  const lagEvents = new Gauge({
    name: 'penstock_worker_lag_events',
    help: 'Accepted events not yet in the cold store; those not yet read are estimated from the mean per message',
    registers,
  })
  const lagSeconds = new Gauge({
    name: 'penstock_worker_lag_seconds',
    help: 'Age of the oldest accepted event that is not yet in the cold store',
    registers,
  })

  async function text(): Promise<string> {
    queueBytes.set({ queue: 'cold' }, gauges.queueBytes())
    partitionsHeld.set(gauges.partitionsHeld())
    const lag = await gauges.lag()
    lagEvents.set(lag?.events ?? NaN)
    lagSeconds.set(lag?.seconds ?? NaN)
    return registry.metrics()
  }

  return {
    stored,
    duplicates,
    deadLetters,
    storeErrors,
    coldInserts,
    recoveries,
    partitionsHalted,
    leasesTaken,
    leasesEnded,
    text,
  }
}
