// Steps 6–11 of the protocol for one partition, behind the hot stage: plan, insert, refuse, commit, purge; and first of all the
// fence against earlier holders and the recovery of a plan that one of them left open. A cold store that is away stops only this loop.
import { contentText, identityKey, type ColdPlan } from '@penstock/pipeline'
import type { PartitionContext } from '../partition-context.ts'
import { deadLetter } from '../dead-letter.ts'
import { acceptedAgain } from './cold-event.ts'
import { createLinkMemory } from './links.ts'
import { createPlanInserter, type PlanInserter, type Refused, type RefusedLink } from './plan-inserter.ts'
import { nextPlanEvents, planEvents, type PlanEvents } from './plan-source.ts'
import { createPurger } from './purger.ts'

const IDLE_WAIT_MS = 1_000

/** Links that a worker remembers for all its partitions; about 20 MB. */
const MAX_LINKS = 50_000

/** Runs until stopped. Throws what must halt the partition. */
export async function runColdStage(context: PartitionContext): Promise<void> {
  const { deps, calls, share, row, signal } = context
  const links = createLinkMemory(() => MAX_LINKS * share())
  const purger = createPurger(context)

  // Whoever had the partition before may still have inserts under way, even of a plan that is finished.
  deps.failpoint('recovery.a.before_fence')
  await calls.call('cold', () => deps.cold.fence(row.partition, row.epoch))
  deps.failpoint('recovery.b.killed')
  if (row.coldPlan !== null) await recover(row.coldPlan)
  while (!signal.aborted) {
    const events = (await companyHasCome(context)) ? await nextPlanEvents(context) : null
    if (events === null) {
      await purger.purgeWhatIsDue()
      continue
    }
    await carryOut(events)
    deps.failpoint('cold.11.before_purge')
    await purger.purgeWhatIsDue()
    deps.failpoint('cold.11.after_purge')
  }

  async function carryOut(events: PlanEvents): Promise<void> {
    if (events.events.length > 0) {
      const plan = { fromSeq: events.fromSeq, toSeq: events.toSeq, token: deps.newToken() }
      deps.failpoint('cold.6.before_plan')
      await calls.call('state', () => deps.state.change(row.partition, row.epoch, { coldPlan: plan }))
      row.coldPlan = plan
      deps.failpoint('cold.6.after_plan')
      await finish(events, createPlanInserter(context, plan.token), events.events)
    } else await commit(events, 0)
  }

  async function recover(plan: ColdPlan): Promise<void> {
    deps.logger.info(
      { event: 'plan.recovering', partition: row.partition, batch: plan.token },
      'finishing an open plan',
    )
    const events = await planEvents(context, plan.toSeq)
    events.toSeq = plan.toSeq
    const inserter = createPlanInserter(context, plan.token)
    const missing = await inserter.missing(events.events)
    deps.failpoint('recovery.c.asked')
    // A crash between a refusal and its clearing up leaves a link that no stored event states.
    const { gone } = events
    if (gone.length > 0) await calls.call('cold', () => deps.cold.removeLinks(plan.token, gone))
    await finish(events, inserter, missing)
    deps.failpoint('recovery.c.inserted')
    context.metrics.recoveries.inc()
  }

  async function finish(
    events: PlanEvents,
    inserter: PlanInserter,
    toInsert: PlanEvents['events'],
  ): Promise<void> {
    deps.failpoint('cold.7.rows_built')
    let stated = links.needed(events.events)
    const refused = refusedByLink(await inserter.insertLinks(stated), toInsert)
    const unlinkable = new Set(refused.map(({ event }) => event))
    deps.failpoint('cold.8.after_links')
    refused.push(...(await inserter.insertEvents(toInsert.filter((event) => !unlinkable.has(event)))))
    deps.failpoint('cold.8.after_inserts')
    if (refused.length > 0) {
      await refuse(refused)
      await clearLinks(refused)
      // A refused event may have kept another one's link from being stated.
      const gone = new Set(refused.map(({ event }) => event))
      stated = links.needed(events.events.filter((event) => !gone.has(event)))
      await inserter.insertLinks(stated)
    }
    await commit(events, refused.length)
    links.learn(stated)
  }

  async function refuse(refused: readonly Refused[]): Promise<void> {
    deps.failpoint('cold.9.before_refusal')
    const deadAt = deps.clock()
    const letters = refused.map(({ event: cold, detail }) => {
      const event = acceptedAgain(cold)
      const content = contentText(event.event)
      return { event, letter: deadLetter(event, { reason: 'store_refused', content, detail, deadAt }) }
    })
    const { newLetters } = await calls.call('state', () =>
      deps.state.refuse({ partition: row.partition, epoch: row.epoch, refused: letters }),
    )
    context.metrics.deadLetters.inc({ reason: 'store_refused' }, newLetters)
    context.metrics.duplicates.inc(refused.length - newLetters)
    deps.logger.warn(
      {
        event: 'events.refused',
        partition: row.partition,
        count: refused.length,
        detail: refused[0]?.detail,
      },
      'the cold store refused events; they are dead letters now',
    )
    deps.failpoint('cold.9.after_refusal')
  }

  async function clearLinks(refused: readonly Refused[]): Promise<void> {
    const batch = row.coldPlan?.token
    if (batch === undefined) return
    const ids = refused.map(({ event }) => event.eventId)
    await calls.call('cold', () => deps.cold.removeLinks(batch, ids))
  }

  async function commit(events: PlanEvents, refusedNow: number): Promise<void> {
    const stored = events.events.length - refusedNow
    const dead = events.dead + refusedNow
    const totals = row.coldTotals
    const coldTotals = {
      events: totals.events + events.positions,
      stored: totals.stored + stored,
      duplicates: totals.duplicates + events.positions - stored - dead,
      deadLetters: totals.deadLetters + dead,
    }
    deps.failpoint('cold.10.before_commit')
    const change = { coldThrough: events.toSeq, coldTotals, coldPlan: null }
    await calls.call('state', () => deps.state.change(row.partition, row.epoch, change))
    row.coldThrough = events.toSeq
    row.coldTotals = coldTotals
    row.coldPlan = null
    deps.failpoint('cold.10.after_commit')
    context.handover.drop(events.toSeq)
    context.metrics.stored.inc({ store: 'cold' }, stored)
    purger.committed(events.toSeq, events.logTime)
  }
}

/** An event whose link is refused is refused: stored without it, answers would differ from what was sent. */
function refusedByLink(refused: readonly RefusedLink[], events: PlanEvents['events']): Refused[] {
  if (refused.length === 0) return []
  const details = new Map(refused.map(({ link, detail }) => [identityKey(link), detail]))
  return events.flatMap((event) => {
    const detail = details.get(identityKey(event))
    return detail === undefined ? [] : [{ event, detail }]
  })
}

/** Waits until there is something to insert and it is worth an insert. False when it only waited. */
async function companyHasCome(context: PartitionContext): Promise<boolean> {
  const { deps, options, row, handover, signal } = context
  if (row.coldThrough >= row.hotThrough) {
    await context.hotCommitted.wait(IDLE_WAIT_MS, signal)
    return false
  }
  const oldestAt = handover.oldestAt()
  // Not in memory: a backlog, which has waited long enough.
  if (oldestAt === null || handover.firstSeq() !== row.coldThrough) return true
  const waitedMs = deps.clock() - oldestAt
  if (waitedMs < 0 || waitedMs >= options.coldLingerMs) return true
  if (row.hotTotals.events - row.coldTotals.events >= options.coldMaxEvents) return true
  if (handover.eventBytes() >= options.coldMaxBytes) return true
  await context.hotCommitted.wait(options.coldLingerMs - waitedMs, signal)
  return false
}
