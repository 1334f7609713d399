// Workers side by side: looks at the leases again and again, gives up what is too much, takes what is free or expired, and lets go of
// what was lost. Nothing here is trusted for safety: a worker that is wrong about its lease is stopped by the epoch.
import { isPipelineError, type Lease, type PartitionLeases } from '@penstock/pipeline'
import type { Logger } from 'pino'
import type { LeaseEnd, WorkerMetrics } from '../metrics.ts'
import type { WorkerDeps } from '../options.ts'
import type { Partition } from '../partition.ts'
import type { StoreCalls } from '../store-calls.ts'
import { keepLease, type LeaseKeeper } from './hold-lease.ts'
import type { LeaseTimes } from './lease-times.ts'
import { createObserver } from './observer.ts'
import type { Ownership, RunPartition } from './ownership.ts'
import { shareOut } from './share-out.ts'

interface Holding {
  keeper: LeaseKeeper
  partition: Partition
  /** Set while it is being given up. */
  leaving: Promise<void> | null
}

export interface SharedOwnershipContext {
  leases: PartitionLeases
  holder: string
  times: LeaseTimes
  calls: StoreCalls
  metrics: WorkerMetrics
  logger: Logger
  signal: AbortSignal
}

export function createSharedOwnership(
  deps: Pick<WorkerDeps, 'log' | 'sleep' | 'failpoint' | 'monotonic'>,
  run: RunPartition,
  context: SharedOwnershipContext,
): Ownership {
  const { leases, holder, times, calls, metrics, logger, signal } = context
  const observer = createObserver()
  const holdings = new Map<number, Holding>()
  // Partitions that halted here: another worker may have more luck, this one would only halt again.
  const shunned = new Set<number>()
  let beat = 0
  let announcedAt = -Infinity
  let sharing: Promise<void> = Promise.resolve()

  async function start(): Promise<void> {
    await calls.call('state', lookAround)
    sharing = keepLooking()
  }

  async function keepLooking(): Promise<void> {
    for (;;) {
      await deps.sleep(times.pollMs, signal)
      if (signal.aborted) return
      try {
        await lookAround()
        calls.succeeded('state')
      } catch (error) {
        onStoreError(error)
      }
    }
  }

  function onStoreError(error: unknown): void {
    if (isPipelineError(error)) calls.failed(error)
    else logger.error({ event: 'leases.failed', err: error }, 'looking after the leases failed, trying again')
  }

  async function lookAround(): Promise<void> {
    if (deps.monotonic() - announcedAt >= times.renewMs) {
      const at = deps.monotonic()
      await leases.announce({ holder, beat: beat + 1 })
      beat++
      announcedAt = at
    }
    const seen = await leases.leases(deps.log.partitions)
    const present = await leases.workers()
    if (signal.aborted) return
    const now = deps.monotonic()
    const share = shareOut({
      me: holder,
      leases: observer.leases(seen, now),
      workers: observer.alive(present, now, times.durationMs),
      mine: new Set(partitionsWhere(({ leaving }) => leaving === null)),
      shunned: new Set([...shunned, ...partitionsWhere(({ leaving }) => leaving !== null)]),
      durationMs: times.durationMs,
    })
    for (const partition of share.giveUp) void giveUp(partition, 'shared_out')
    await Promise.all(share.take.map(takeLease))
  }

  async function takeLease(lease: Lease): Promise<void> {
    const sentAt = deps.monotonic()
    const row = await leases.take(lease, holder)
    if (row === null) return
    deps.failpoint('lease.taken')
    if (signal.aborted) await leases.release({ partition: row.partition, epoch: row.epoch, holder })
    else begin(keepLease(row, holder, sentAt, keeperDeps))
  }

  const partitionsWhere = (holds: (holding: Holding) => boolean): number[] =>
    [...holdings].flatMap(([partition, holding]) => (holds(holding) ? [partition] : []))

  const keeperDeps = {
    leases,
    monotonic: deps.monotonic,
    sleep: deps.sleep,
    times,
    onStoreError,
    renewed: () => deps.failpoint('lease.renewed'),
  }

  function begin(keeper: LeaseKeeper): void {
    const { partition } = keeper.row
    metrics.leasesTaken.inc()
    const holding: Holding = { keeper, partition: run(keeper), leaving: null }
    holdings.set(partition, holding)
    void holding.partition.ended.then((end) => {
      if (end === 'halted') shunned.add(partition)
      return giveUp(partition, end === 'halted' ? 'halted' : (keeper.lost() ?? 'taken'))
    })
  }

  /** Ends the partition, then frees it. Resolves when it is gone; never rejects. */
  function giveUp(number: number, reason: LeaseEnd): Promise<void> {
    const holding = holdings.get(number)
    if (holding === undefined) return Promise.resolve()
    holding.leaving ??= leave(number, holding, reason)
    return holding.leaving
  }

  async function leave(number: number, { keeper, partition }: Holding, reason: LeaseEnd): Promise<void> {
    await partition.stop()
    const lost = keeper.lost()
    keeper.drop()
    try {
      deps.failpoint('lease.before_release')
      await leases.release(keeper.held)
      deps.failpoint('lease.released')
    } catch (error) {
      onStoreError(error) // then it expires
    }
    holdings.delete(number)
    metrics.leasesEnded.inc({ reason: lost ?? reason })
    logger.info(
      { event: 'partition.left', partition: number, epoch: keeper.held.epoch, reason: lost ?? reason },
      'partition left',
    )
  }

  async function stop(): Promise<void> {
    // First, so that the others share the partitions out without this worker as soon as they are free.
    const lastBeat = beat
    const gone = leases.withdraw(holder).catch(onStoreError)
    await Promise.all([gone, ...[...holdings.keys()].map((partition) => giveUp(partition, 'stopped'))])
    // What a look that was under way when the end came has still done.
    await sharing
    await Promise.all([...holdings.keys()].map((partition) => giveUp(partition, 'stopped')))
    if (beat !== lastBeat) await leases.withdraw(holder).catch(onStoreError)
  }

  return {
    start,
    stop,
    partitions: () => [...holdings.values()].map(({ partition }) => partition),
    well: () => shunned.size === 0,
  }
}
