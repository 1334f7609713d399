// The engine in this process as a connection of `@clickhouse/client`. chdb brings one of its own; this one exists because that
// one lets settings stick, serialises queries with parameters over the whole process, buffers every answer and cannot cancel.
// Guarantees: settings never reach another query; parameters stay with their query; after an error the next answer is clean; an
// aborted query ends in the engine; line formats are streamed; close() waits for everything that runs.
import { Readable } from 'node:stream'
import type { ClickHouseClientConfigOptions } from '@clickhouse/client'
import type { Session } from 'chdb'
import { engineError } from './engine-error.ts'
import { insertText } from './insert-text.ts'
import { assertParamsComplete, setParamsStatement } from './query-params.ts'
import { queryMark, type QueryKiller } from './query-killer.ts'
import type { SessionPool } from './session-pool.ts'
import { isStreamable, streamAnswer, type Answer } from './stream-answer.ts'

/** What `createClient({ connection })` takes; the client does not export the type by name. */
export type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>
type Request = Parameters<Connection['query']>[0]
type Work = (session: Session, mark: string) => Promise<Answer>
export type QuerySettings = NonNullable<Request['clickhouse_settings']>

export interface ConnectionParts {
  /** The sessions for one set of settings. */
  poolOf: (settings: QuerySettings) => SessionPool
  closePools: () => Promise<void>
  killer: QueryKiller
  /** Whether close() ends what runs (questions) or lets it finish (inserts). */
  killOnClose: boolean
}

const answered = { query_id: '', response_headers: {}, http_status_code: 200 }

export function createChdbConnection(parts: ConnectionParts): Connection {
  const { poolOf, closePools, killer, killOnClose } = parts
  /** What runs: how to end it. */
  const running = new Set<() => void>()

  /** Lends a session to `work` until the answer that it returns is closed. */
  async function withSession(request: Request, work: Work): Promise<Readable> {
    const { query_params: params = {}, abort_signal: signal } = request
    assertParamsComplete(request.query, params)
    const pool = poolOf(request.clickhouse_settings ?? {})
    const session = await pool.acquire(signal)
    const mark = queryMark()
    let setOver = (): void => undefined
    const over = new Promise<void>((resolve) => (setOver = resolve))
    let answer: Answer | undefined

    const end = (): void => {
      void killer.kill(mark, over)
      answer?.stream.destroy(new Error('the query was ended'))
    }
    const giveBack = async (failed: boolean): Promise<void> => {
      signal?.removeEventListener('abort', end)
      running.delete(end)
      await answer?.release?.().catch(() => undefined)
      const broken = failed && !(await cleaned(session))
      setOver()
      pool.release(session, broken)
    }

    signal?.addEventListener('abort', end, { once: true })
    running.add(end)
    try {
      const set = setParamsStatement(params)
      if (set !== null) await session.queryAsync(set)
      signal?.throwIfAborted()
      answer = await work(session, mark)
    } catch (error) {
      await giveBack(true)
      signal?.throwIfAborted()
      throw engineError(error)
    }
    const { stream } = answer
    stream.once('close', () => void giveBack(stream.errored !== null))
    return stream
  }

  /** For statements whose answer nobody reads. */
  async function run(request: Request, sql: string): Promise<void> {
    const stream = await withSession(request, async (session, mark) => {
      await session.queryAsync(mark + sql)
      return { stream: Readable.from([]) }
    })
    stream.destroy()
  }

  async function insert(request: Request, values: string | Readable | undefined): Promise<void> {
    if (values === undefined) return run(request, request.query)
    const rows = typeof values === 'string' ? values : await text(values)
    if (rows !== '') await run(request, insertText(request.query, rows))
  }

  return {
    async query(request) {
      const stream = await withSession(request, async (session, mark) => {
        const sql = mark + request.query
        if (isStreamable(sql)) return streamAnswer(session, sql)
        const result = await session.queryAsync(sql)
        return { stream: Readable.from([Buffer.from(result.bytes())], { objectMode: false }) }
      })
      return { ...answered, stream }
    },
    async command(request) {
      await run(request, request.query)
      return answered
    },
    async insert(request) {
      await insert(request, request.values)
      return answered
    },
    async exec(request) {
      await insert(request, request.values)
      return { ...answered, stream: Readable.from([]) }
    },
    async ping() {
      try {
        await run({ query: 'SELECT 1 FORMAT Null' }, 'SELECT 1 FORMAT Null')
        return { success: true }
      } catch (error) {
        return { success: false, error: engineError(error) }
      }
    },
    async close() {
      if (killOnClose) for (const end of running) end()
      await closePools()
      await killer.close()
    },
  }
}

// A query that failed after it began to write leaves its partial output in the session, where it would come out in front of the
// next answer.
async function cleaned(session: Session): Promise<boolean> {
  try {
    await session.queryAsync('SELECT 1 FORMAT Null')
    return (await session.queryAsync("SELECT 'clean' FORMAT TSV")).text() === 'clean\n'
  } catch {
    return false
  }
}

async function text(values: Readable): Promise<string> {
  const chunks: string[] = []
  for await (const chunk of values) chunks.push(typeof chunk === 'string' ? chunk : String(chunk))
  return chunks.join('')
}
