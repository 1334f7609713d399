// Writes to the cold store: inserts that are one block, durable and repeatable, and the few things that are taken back.
// Guarantee: when insertEvents resolved, plain reads show each of its rows once. When it failed with anything but `rejected`, some,
// all or none may be there: ask storedOf and insert the rest under another attempt token.
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { formatUuid } from '@penstock/contract'
import { coldMonth, type ColdInsert, type ColdRow, type ColdWriter } from '../ports/cold-store.ts'
import type { ColdClient } from './cold-client.ts'
import { encodeEvents, encodeLinks, EVENT_COLUMNS, LINK_COLUMNS } from './encode-rows.ts'
import { insertMark, insertQueryId, raiseFence } from './fence.ts'
import { checkedToken, insertStatement, type InsertTarget } from './insert-statement.ts'
import { mapColdError } from './map-error.ts'
import { sweepCold } from './sweep-cold.ts'

// Ids per DELETE: a statement of 37 KB, far below what the engine parses.
const LINKS_PER_DELETE = 1000

export interface ColdWriterOptions {
  /**
   * Whether every insert goes through the fence. Switch it off only where one process can ever write (embedded mode, held by a
   * lock); `fence` is a no-op then.
   * @defaultValue true
   */
  fenced?: boolean
  /** Waits between looks at inserts that are being ended. */
  sleep?: (ms: number) => Promise<void>
}

/** The tables must be there ({@link migrateCold}). Closing the client is the caller's. */
export function createClickHouseColdWriter(client: ColdClient, options: ColdWriterOptions = {}): ColdWriter {
  const fenced = options.fenced ?? true
  const sleep =
    options.sleep ?? ((ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)))

  async function send(target: InsertTarget, insert: ColdInsert, rows: string): Promise<void> {
    const id = insertQueryId(insert, target.part)
    const query = `${insertMark(id)} ${insertStatement(target, insert, fenced)}`
    await mapped(async () => {
      const { stream } = await client.exec({ query, values: Readable.from([rows]), query_id: id })
      // To its end: an answer that nobody reads would hold the connection, and one that breaks off is no answer.
      await finished(stream.resume())
    })
  }

  return {
    async insertEvents(rows, insert) {
      if (rows.length === 0) return
      const text = encodeEvents(rows, checkedToken(insert.batch))
      const part = oneMonth(rows).toFixed(0)
      await send({ table: 'events_v1', columns: EVENT_COLUMNS, part }, insert, text)
    },

    async insertLinks(links, insert) {
      if (links.length === 0) return
      const text = encodeLinks(links, checkedToken(insert.batch))
      await send({ table: 'links_v1', columns: LINK_COLUMNS, part: 'links' }, insert, text)
    },

    async storedOf(batch, months) {
      const where = [
        `batch = '${checkedToken(batch)}'`,
        ...(months === undefined ? [] : [`toYYYYMM(event_time) IN (${monthList(months)})`]),
      ]
      const query = `SELECT project_id, event_id FROM events_v1 WHERE ${where.join(' AND ')}`
      return mapped(async () => {
        const result = await client.query({ query, format: 'JSONCompactEachRow' })
        const stored = await result.json<[projectId: string, eventId: string]>()
        return new Set(stored.map(([projectId, eventId]) => `${projectId}/${eventId}`))
      })
    },

    async removeLinks(batch, eventIds) {
      const ofBatch = `batch = '${checkedToken(batch)}'`
      for (let start = 0; start < eventIds.length; start += LINKS_PER_DELETE) {
        const ids = eventIds.slice(start, start + LINKS_PER_DELETE).map((id) => `'${formatUuid(id)}'`)
        const query = `DELETE FROM links_v1 WHERE ${ofBatch} AND event_id IN (${ids.join(', ')})`
        await mapped(() => client.command({ query }))
      }
    },

    async fence(partition, epoch) {
      if (fenced) await mapped(() => raiseFence(client, { partition, epoch }, sleep))
    },

    sweep: (projectId, beforeEventTime) => mapped(() => sweepCold(client, projectId, beforeEventTime)),
  }
}

// Around the client's calls only: our own mistakes must not look like a store that may answer later.
async function mapped<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw mapColdError(error)
  }
}

// An insert into several months commits month by month, which is what the plan must not do.
function oneMonth(rows: readonly ColdRow[]): number {
  let first = Infinity
  let last = -Infinity
  for (const { eventTime } of rows) {
    if (eventTime < first) first = eventTime
    if (eventTime > last) last = eventTime
  }
  const month = coldMonth(first)
  if (month !== coldMonth(last)) throw new Error('insertEvents takes rows of one month')
  return month
}

const monthList = (months: readonly number[]): string =>
  months.length === 0 ? '0' : months.map((month) => month.toFixed(0)).join(', ')
