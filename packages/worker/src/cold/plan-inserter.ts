// Gets the rows of one plan into the cold store, each exactly once, and finds those that it refuses. An insert whose end is not
// known is never simply repeated: the store is asked first what is there. While the rows are the same the attempt's token is kept,
// so that an insert which lands between the question and its repetition is still dropped by the store.
// A repetition that succeeded says only that nothing comes under its token any more. ClickHouse notes the token before the rows
// are there (MergeTreeSink, non-replicated): killed in between, it drops the repetition and has nothing.
import { formatUuid } from '@penstock/contract'
import { coldMonth, isPipelineError, type ColdInsert, type ColdLink } from '@penstock/pipeline'
import type { PartitionContext } from '../partition-context.ts'
import { isStorableTime, type ColdEvent } from './cold-event.ts'

export interface Refused {
  event: ColdEvent
  detail: string
}

export interface RefusedLink {
  link: ColdLink
  detail: string
}

export interface PlanInserter {
  /** Returns the links that the store refuses; the others are stored. */
  insertLinks(links: readonly ColdLink[]): Promise<RefusedLink[]>
  /** Inserts the events month by month in order of position. Returns what the store refuses; everything else is stored. */
  insertEvents(events: readonly ColdEvent[]): Promise<Refused[]>
  /** Those of `events` that do not stand in the store under this plan's batch. */
  missing(events: readonly ColdEvent[]): Promise<ColdEvent[]>
}

export function createPlanInserter(context: PartitionContext, batch: string): PlanInserter {
  const { deps, calls, options, metrics, row } = context
  let attempts = 0
  let inserted = false

  // The epoch makes attempts of different processes differ.
  function attempt(part: string): ColdInsert {
    attempts++
    const attemptToken = `${batch}-${part}-${row.epoch}-${attempts}`
    return { batch, attemptToken, partition: row.partition, epoch: row.epoch }
  }

  async function insertLinks(links: readonly ColdLink[]): Promise<RefusedLink[]> {
    const [first] = links
    if (first === undefined) return []
    try {
      await sendLinks(links)
      return []
    } catch (error) {
      if (!isPipelineError(error) || error.kind !== 'rejected') throw error
      if (links.length === 1) return [{ link: first, detail: error.message }]
      const middle = links.length >> 1
      return [...(await insertLinks(links.slice(0, middle))), ...(await insertLinks(links.slice(middle)))]
    }
  }

  /** A link stated twice is one link, so nobody is asked what is there: what was repeated is sent once more under another token. */
  async function sendLinks(links: readonly ColdLink[]): Promise<void> {
    let sendings: number
    do {
      sendings = 0
      const insert = attempt('links')
      await calls.call('cold', () => {
        sendings++
        return deps.cold.insertLinks(links, insert)
      })
    } while (sendings > 1)
  }

  async function insertEvents(events: readonly ColdEvent[]): Promise<Refused[]> {
    const refused: Refused[] = []
    const months = new Map<number, ColdEvent[]>()
    for (const event of events) {
      if (!isStorable(event)) {
        refused.push({ event, detail: 'the event time is outside of what can be stored' })
        continue
      }
      const month = coldMonth(event.eventTime)
      const items = months.get(month)
      if (items === undefined) months.set(month, [event])
      else items.push(event)
    }
    for (const [month, items] of months) refused.push(...(await insertOrBisect(items, month)))
    return refused
  }

  async function insertOrBisect(items: ColdEvent[], month: number): Promise<Refused[]> {
    const detail = await insertItems(items, month)
    if (detail === null) return []
    const [only] = items
    if (items.length === 1 && only !== undefined) return [{ event: only, detail }]
    const middle = items.length >> 1
    return [
      ...(await insertOrBisect(items.slice(0, middle), month)),
      ...(await insertOrBisect(items.slice(middle), month)),
    ]
  }

  /** Null when all of them stand in the store, else why the store refuses one of them; then none was inserted. */
  async function insertItems(items: ColdEvent[], month: number): Promise<string | null> {
    let insert = attempt(String(month))
    let repeated = false
    let left = items
    for (let failures = 1; ; failures++) {
      const rows = left
      const token = insert
      let spent = false
      try {
        await calls.attempt(() => deps.cold.insertEvents(rows, token))
        calls.succeeded('cold')
        metrics.coldInserts.inc()
        if (!inserted) deps.failpoint('cold.8.after_first_insert')
        inserted = true
        if (!repeated) return null
        spent = true
      } catch (error) {
        if (!isPipelineError(error)) throw error
        if (!error.retryable) calls.failed(error)
        if (error.kind === 'rejected') return error.message
        if (!error.retryable) throw error
        await calls.pause(error, failures)
      }
      const stored = options.safety.missingRows ? await storedKeys([month]) : null
      const missing = stored === null ? left : left.filter((item) => !stored.has(storedKey(item)))
      if (missing.length === 0) return null
      repeated = !spent && stored !== null && missing.length === left.length
      if (!repeated) insert = attempt(String(month))
      left = missing
    }
  }

  const storedKeys = (months: number[]): Promise<Set<string>> =>
    calls.ask(() => deps.cold.storedOf(batch, months))

  async function missing(events: readonly ColdEvent[]): Promise<ColdEvent[]> {
    if (!options.safety.missingRows || events.length === 0) return [...events]
    const months = new Set(events.filter(isStorable).map(({ eventTime }) => coldMonth(eventTime)))
    const stored = await storedKeys([...months])
    return events.filter((event) => !stored.has(storedKey(event)))
  }

  return { insertLinks, insertEvents, missing }
}

const isStorable = ({ eventTime }: ColdEvent): boolean => isStorableTime(eventTime)

const storedKey = (event: ColdEvent): string => `${event.projectId}/${formatUuid(event.eventId)}`
