// ClickHouse as a library: one engine per process and directory, opened by every thread that needs it. The clients are
// `@clickhouse/client`, so the cold store's code is the same as with a server.
import { createClient, ClickHouseLogLevel } from '@clickhouse/client'
import { drainPending, Session } from 'chdb'
import { PipelineError } from '@penstock/pipeline'
import type { ColdClient } from '@penstock/pipeline/clickhouse'
import { createChdbConnection, type Connection, type QuerySettings } from './chdb-connection.ts'
import { BACKGROUND_NICENESS, defaultEngineMemoryBytes, engineArgs } from './engine-args.ts'
import { createQueryKiller } from './query-killer.ts'
import { createSessionPool, type SessionPool } from './session-pool.ts'
import { sessionStatements } from './session-settings.ts'

// A database of our own: the engine's default one also shows files of the directory as tables.
const DATABASE = 'penstock'
const DATABASE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const DEFAULT_READER_SESSIONS = 2
// Writing gives way to answering requests on the same cores. Where the process may not set priorities the engine leaves it.
const WRITER_STATEMENTS = [`SET os_threads_nice_value_query = ${BACKGROUND_NICENESS}`]

export interface ChdbOptions {
  /** Directory of the data; made when it is missing. One process at a time may use it. */
  path: string
  /**
   * Most memory of all queries, inserts and merges of the process. The first opener decides.
   * Unit: bytes.
   * @defaultValue half of the machine's, 1 GiB at least
   */
  maxMemoryBytes?: number
}

export interface ChdbConnectionOptions {
  /** @defaultValue `penstock` */
  database?: string
  /** Statements that run at once; more wait in line. */
  sessions: number
  readonly: boolean
}

export interface Chdb {
  /** May write; one statement at a time. */
  writerClient(): ColdClient
  /**
   * Can only read, and nothing outside the tables: every session is `readonly = 1`.
   * @param sessions - questions, and apart from them streams, that run at once; more wait in line. Default 2
   */
  readerClient(sessions?: number): ColdClient
  /** What the clients are made of: one connection to any database of the engine, e.g. to put HTTP in front of it. */
  connection(options: ChdbConnectionOptions): Connection
  /** Ends running streams, waits for running queries and inserts, and closes the clients. */
  close(): Promise<void>
}

/**
 * Opens the engine, in any thread. Threads of one process may open the same path. A thread that opened it may end only after all
 * others have closed theirs: the addon drops every session of the process when a thread's environment ends (chdb 3.4.0).
 * @throws PipelineError `unavailable` when the directory cannot be used, by this process or because another one has it.
 */
export async function openChdb(options: ChdbOptions): Promise<Chdb> {
  const args = engineArgs(options.maxMemoryBytes ?? defaultEngineMemoryBytes())
  const connect = (): Session => new Session(options.path, { connectionArgs: args })
  const first = await opened(connect)
  const closers: (() => Promise<void>)[] = []

  function connection({ database = DATABASE, sessions, readonly }: ChdbConnectionOptions): Connection {
    if (!DATABASE_NAME.test(database)) throw new Error('a database is called by letters, digits and _')
    const pools = new Map<string, SessionPool>()
    const poolOf = (settings: QuerySettings): SessionPool => {
      const statements = [
        `USE ${database}`,
        // First: a session that these settings make read-only takes no more of them.
        ...(readonly ? [] : WRITER_STATEMENTS),
        ...sessionStatements(settings, readonly),
      ]
      const key = statements.join(';')
      const pool = pools.get(key) ?? createSessionPool(() => prepared(connect, statements), sessions)
      pools.set(key, pool)
      return pool
    }
    const made = createChdbConnection({
      poolOf,
      killer: createQueryKiller(connect),
      killOnClose: readonly,
      closePools: async () => {
        await Promise.all([...pools.values()].map((pool) => pool.close()))
      },
    })
    closers.push(() => made.close())
    return made
  }

  const client = (sessions: number, readonly: boolean): ColdClient =>
    createClient({ connection: connection({ sessions, readonly }), log: { level: ClickHouseLogLevel.OFF } })

  return {
    writerClient: () => client(1, false),
    readerClient: (sessions = DEFAULT_READER_SESSIONS) => client(sessions, true),
    connection,
    async close() {
      await Promise.all(closers.map((close) => close()))
      first.close()
      await drainPending()
    },
  }
}

async function opened(connect: () => Session): Promise<Session> {
  try {
    return await prepared(connect, [`CREATE DATABASE IF NOT EXISTS ${DATABASE} ENGINE = Atomic`])
  } catch (error) {
    throw new PipelineError('unavailable', 'cold', 'The ClickHouse data directory cannot be opened.', {
      cause: error,
    })
  }
}

async function prepared(connect: () => Session, statements: readonly string[]): Promise<Session> {
  const session = connect()
  try {
    for (const statement of statements) await session.queryAsync(statement)
    return session
  } catch (error) {
    session.close()
    throw error
  }
}
