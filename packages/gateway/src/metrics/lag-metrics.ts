// How far the worker is behind, and how full the queues are: asked of the log and the state rows when somebody reads the metrics.
// Lag is to the cold store, the last place an event comes to. What cannot be read is NaN, never 0.
import { processedThrough } from '@penstock/pipeline'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { GatewayDeps } from '../gateway-options.ts'
import type { ArrivingBodies } from '../http/arriving-bodies.ts'
import type { Ingest } from '../ingest/outcome.ts'
import type { WatchedLog } from '../log-watch.ts'

interface Lag {
  events: number
  seconds: number
}

export function createLagMetrics(
  registry: Registry,
  deps: Pick<GatewayDeps, 'state'> & { maxInflightBytes: number },
  watched: WatchedLog,
  { ingest, arriving }: { ingest: Pick<Ingest, 'queueBytes'>; arriving: ArrivingBodies },
): void {
  const registers = [registry]
  // Each gauge asks by itself: the registry reads them in no order that could be relied on.
  const lag = () => readLag(deps, watched).catch(() => ({ events: NaN, seconds: NaN }))
  new Gauge({
    name: 'penstock_worker_lag_events',
    help: 'Accepted events that are not in the cold store yet; those that this process did not append itself are estimated.',
    registers,
    async collect() {
      this.set((await lag()).events)
    },
  })
  new Gauge({
    name: 'penstock_worker_lag_seconds',
    help: 'Age of the oldest accepted event that is not in the cold store yet.',
    registers,
    async collect() {
      this.set((await lag()).seconds)
    },
  })
  new Gauge({
    name: 'penstock_queue_bytes',
    help: 'Bytes that wait in a queue.',
    labelNames: ['queue'],
    registers,
    async collect() {
      this.set({ queue: 'arriving' }, arriving.bytes())
      this.set({ queue: 'ingest' }, ingest.queueBytes())
      const usage = await watched.log.usage().catch(() => ({ bytes: NaN }))
      this.set({ queue: 'log' }, usage.bytes)
    },
  })
  new Gauge({
    name: 'penstock_queue_limit_bytes',
    help: 'Where a queue refuses more.',
    labelNames: ['queue'],
    registers,
    async collect() {
      this.set({ queue: 'arriving' }, arriving.maxBytes)
      this.set({ queue: 'ingest' }, deps.maxInflightBytes)
      const usage = await watched.log.usage().catch(() => ({ capBytes: NaN }))
      this.set({ queue: 'log' }, usage.capBytes)
    },
  })
  new Gauge({
    name: 'penstock_partitions',
    help: 'Partitions of the log; over all workers as many must be held.',
    registers,
    collect() {
      this.set(watched.log.partitions)
    },
  })
  new Counter({
    name: 'penstock_store_errors_total',
    help: 'Errors of stores, by what they mean.',
    labelNames: ['store', 'kind'],
    registers,
    collect() {
      this.reset()
      for (const [kind, count] of watched.errors()) this.inc({ store: 'log', kind }, count)
    },
  })
}

async function readLag({ state }: Pick<GatewayDeps, 'state'>, watched: WatchedLog): Promise<Lag> {
  const { log } = watched
  const lag: Lag = { events: 0, seconds: 0 }
  for (let partition = 0; partition < log.partitions; partition++) {
    const through = await processedThrough(log, state, partition, 'cold')
    const row = await state.read(partition)
    const { lastSeq, observedAt } = await log.end(partition)
    const done = row?.coldThrough ?? 0
    if (row === null || done < lastSeq) {
      const perMessage =
        row === null || row.hotThrough === 0 ? 1 : Math.max(1, row.hotTotals.events / row.hotThrough)
      lag.events += watched.eventsAfter(partition, done, lastSeq, perMessage)
      lag.seconds = Math.max(lag.seconds, (observedAt - through) / 1000)
    } else watched.eventsAfter(partition, done, done, 1) // forgets what is done
  }
  return lag
}
