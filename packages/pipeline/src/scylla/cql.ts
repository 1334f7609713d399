// The driver behind one small door: prepared statements, batches of one partition, a bound on what is on its way, our errors. No
// statement's text stands here, and nobody else in this folder but migrate-scylla.ts talks to the driver.
import cassandra from 'cassandra-driver'
import { isPipelineError, type StoreName } from '../errors.ts'
import type { Limiter } from './limiter.ts'
import { mapCqlError } from './map-error.ts'
import type { Statement } from './statements.ts'

const { consistencies } = cassandra.types

/** Far below what a mutation may have (half a commit log segment, 4 MiB and more), and enough to make a request worth it. */
const MAX_BATCH_BYTES = 128 * 1024
const MAX_BATCH_ROWS = 500
const PAGE_ROWS = 5_000

export type CqlRow = cassandra.types.Row
/** `undefined` leaves a column as it is; null is never written. */
export type CqlValue =
  string | number | bigint | Uint8Array | undefined | readonly (string | number | Uint8Array)[]

export interface CqlWrite {
  statement: Statement
  params: readonly CqlValue[]
  /** Names table and partition: writes with the same one are sent together. */
  partition: string
  /** About what the row takes. */
  bytes: number
}

export interface CqlRead {
  statement: Statement
  params: readonly CqlValue[]
}

export interface Cql {
  /** All rows of one partition's query. */
  read(store: StoreName, read: CqlRead): Promise<CqlRow[]>
  /** Several queries at once; their rows in the order of the queries. */
  readAll(store: StoreName, reads: readonly CqlRead[]): Promise<CqlRow[][]>
  /** As `read`, finishing what lightweight transactions have left undecided first. */
  readDecided(read: CqlRead): Promise<CqlRow[]>
  /** Durable when it resolves. When it rejects any part of them may have been written: the same call again is right. */
  write(writes: readonly CqlWrite[]): Promise<void>
  /** As `read` and `write`, past everything that waits for its turn: for the little that others judge this process by. */
  readAtOnce(store: StoreName, read: CqlRead): Promise<CqlRow[]>
  writeAtOnce(write: CqlWrite): Promise<void>
  /** A lightweight transaction, sent once. `unknown`: it may or may not have happened; ask with `readDecided`. */
  conditional(read: CqlRead): Promise<'applied' | 'refused' | 'unknown'>
  /** Requests sent so far, and what is on its way or waits for that. */
  load(): CqlLoad
  close(): Promise<void>
}

export interface CqlLoad {
  requests: number
  inFlight: number
  waiting: number
}

export function createCql(client: cassandra.Client, limiter: Limiter): Cql {
  let requests = 0

  async function send<T>(store: StoreName, kind: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    requests++
    try {
      return await work()
    } catch (error) {
      throw mapCqlError(error, store, kind)
    }
  }

  async function page(
    store: StoreName,
    { statement, params }: CqlRead,
    options: cassandra.QueryOptions,
  ): Promise<CqlRow[]> {
    const rows: CqlRow[] = []
    let pageState: string | undefined
    do {
      const at = pageState
      const result = await send(store, 'read', () =>
        client.execute(statement.cql, driverParams(params), {
          ...options,
          prepare: true,
          isIdempotent: true,
          fetchSize: PAGE_ROWS,
          ...(at === undefined ? {} : { pageState: at }),
        }),
      )
      for (const row of result.rows) rows.push(row)
      pageState = result.pageState
      // Behind the last page the driver says null, whatever its types say.
    } while (typeof pageState === 'string')
    return rows
  }

  const read: Cql['read'] = (store, one) => limiter.run(() => page(store, one, {}))

  const sendBatch = (rows: readonly CqlWrite[]) => async (): Promise<void> => {
    const [only] = rows
    if (rows.length === 1 && only !== undefined) {
      const { statement, params } = only
      await send('state', 'write', () =>
        client.execute(statement.cql, driverParams(params), {
          prepare: true,
          isIdempotent: statement.idempotent,
        }),
      )
      return
    }
    const queries = rows.map(({ statement, params }) => ({
      query: statement.cql,
      params: driverParams(params),
    }))
    await send('state', 'write', () =>
      client.batch(queries, { prepare: true, logged: false, isIdempotent: true }),
    )
  }

  return {
    read,
    readAll: (store, reads) => limiter.runAll(reads.map((one) => () => page(store, one, {}))),
    readAtOnce: (store, one) => page(store, one, {}),
    writeAtOnce: (one) => sendBatch([one])(),
    readDecided: (one) => page('state', one, { consistency: consistencies.localSerial }),
    write: async (writes) => {
      await limiter.runAll(batchesOf(writes).map(sendBatch))
    },
    conditional: async ({ statement, params }) => {
      try {
        const result = await send('state', 'write', () =>
          client.execute(statement.cql, driverParams(params), { prepare: true, isIdempotent: false }),
        )
        return result.wasApplied() ? 'applied' : 'refused'
      } catch (error) {
        if (!isPipelineError(error) || CERTAIN.has(error.driverCode ?? '')) throw error
        return 'unknown'
      }
    },
    load: () => ({ requests, ...limiter.load() }),
    close: () => client.shutdown(),
  }
}

/** Nothing was sent, or the server would not have it. Of everything else a transaction's outcome is not known. */
const CERTAIN = new Set([
  'no_host',
  'connection_busy',
  'bad_credentials',
  'unauthorized',
  'invalid',
  'syntax_error',
])

/** The driver takes bytes as Buffers only. */
const driverParams = (params: readonly CqlValue[]): unknown[] =>
  params.map((value) => (Array.isArray(value) ? value.map(driverValue) : driverValue(value)))

const driverValue = (value: unknown): unknown =>
  value instanceof Uint8Array && !Buffer.isBuffer(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : value

/** Writes of the same partition side by side, in pieces that a server takes gladly. */
export function batchesOf(writes: readonly CqlWrite[]): CqlWrite[][] {
  const open = new Map<string, { rows: CqlWrite[]; bytes: number }>()
  const batches: CqlWrite[][] = []
  for (const write of writes) {
    const batch = open.get(write.partition)
    if (
      batch === undefined ||
      batch.rows.length >= MAX_BATCH_ROWS ||
      batch.bytes + write.bytes > MAX_BATCH_BYTES
    ) {
      const fresh = { rows: [write], bytes: write.bytes }
      open.set(write.partition, fresh)
      batches.push(fresh.rows)
    } else {
      batch.rows.push(write)
      batch.bytes += write.bytes
    }
  }
  return batches
}
