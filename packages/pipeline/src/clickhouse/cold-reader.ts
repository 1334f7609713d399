// Asks the cold store. Every question runs read-only and under limits, which travel as the client's settings: over HTTP with the
// request, in this process they are set once on a session that is made read-only after them.
// A server may have made the user read-only without a right to choose: then the limits are those of its profile.
// A caller that goes away (`signal`) ends the query in the engine, too, where the client can do that.
import type { ClickHouseSettings } from '@clickhouse/client'
import { PipelineError } from '../errors.ts'
import type { ColdParam, ColdQuery, ColdReader } from '../ports/cold-store.ts'
import type { ColdClient } from './cold-client.ts'
import { rowDecoder } from './decode-rows.ts'
import { mapColdError, refusesSettings } from './map-error.ts'

export interface ColdReaderLimits {
  /** Longest time of one question. Unit: milliseconds. Past it `overloaded` with `driverCode` `timeout`. Streams have none. */
  maxExecutionMs: number
  /** Most memory of one question. Unit: bytes. Past it `overloaded` with `driverCode` `memory`. */
  maxMemoryBytes: number
  /** Most rows of one answer; past it as `maxMemoryBytes`. Streams have none. */
  maxResultRows: number
  /**
   * Threads of one question.
   * @defaultValue the engine's own (the number of cores)
   */
  maxThreads?: number
}

// Rows of one piece of a stream, about 1 MB: a piece is parsed in one go, in the thread that also answers requests.
const STREAM_BLOCK_ROWS = 1024

/**
 * Closing the clients is the caller's. Calls may be concurrent; how many run at once is up to the clients.
 * @param streamClient - for streams, which take as long as their reader; over HTTP one of its own. Default `client`
 */
export function createClickHouseColdReader(
  client: ColdClient,
  limits: ColdReaderLimits,
  streamClient: ColdClient = client,
): ColdReader {
  const common = {
    readonly: '1',
    max_memory_usage: String(limits.maxMemoryBytes),
    output_format_json_quote_64bit_integers: 1,
    ...(limits.maxThreads === undefined ? {} : { max_threads: limits.maxThreads }),
  } as const
  const answer = {
    ...common,
    max_execution_time: limits.maxExecutionMs / 1000,
    max_result_rows: String(limits.maxResultRows),
  }
  const stream = { ...common, max_block_size: String(STREAM_BLOCK_ROWS) }
  let mayChoose = true

  /** A statement with settings of its own is refused with the same code: only one without tells that the user may choose none. */
  async function refusedToAll(settings: ClickHouseSettings): Promise<boolean> {
    try {
      await (
        await client.query({ query: 'SELECT 1', format: 'JSONCompact', clickhouse_settings: settings })
      ).json()
      return false
    } catch (error) {
      return refusesSettings(error)
    }
  }

  async function limited<Result>(
    settings: typeof answer | typeof stream,
    ask: (settings: ClickHouseSettings) => Promise<Result>,
  ): Promise<Result> {
    if (!mayChoose) return ask({})
    try {
      return await ask(settings)
    } catch (error) {
      if (!refusesSettings(error) || !(await refusedToAll(settings))) throw error
      mayChoose = false
      return ask({})
    }
  }

  return {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the port's shape
    async query<Row>(query: ColdQuery) {
      try {
        query.signal?.throwIfAborted() // over HTTP the client would ask all the same
        const started = performance.now()
        const result = await limited(answer, (settings) =>
          client.query({ ...parts(query), format: 'JSONCompact', clickhouse_settings: settings }),
        )
        const { meta = [], data, statistics } = await result.json<unknown[]>()
        const decode = rowDecoder(
          meta.map(({ name }) => name),
          meta.map(({ type }) => type),
        )
        const rows = data.map((row) => decode(row) as Row)
        const elapsedMs = performance.now() - started
        return { rows, stats: { elapsedMs, rowsRead: statistics?.rows_read ?? 0 } }
      } catch (error) {
        throw readError(error, query.signal)
      }
    },

    async *stream<Row>(query: ColdQuery) {
      const { signal } = query
      let giveUp = (): void => undefined
      try {
        signal?.throwIfAborted()
        const result = await limited(stream, (settings) =>
          streamClient.query({
            ...parts(query),
            format: 'JSONCompactEachRowWithNamesAndTypes',
            clickhouse_settings: settings,
          }),
        )
        let names: string[] | undefined
        let decode: ((row: unknown[]) => object) | undefined
        const chunks = result.stream<unknown[]>()
        // Over HTTP the client heeds the signal until the answer begins; closing the connection ends the query in the server.
        giveUp = () => void chunks.destroy(new Error('given up'))
        signal?.addEventListener('abort', giveUp, { once: true })
        for await (const chunk of chunks) {
          const rows: Row[] = []
          for (const line of chunk) {
            const values = line.json()
            if (decode !== undefined) rows.push(decode(values) as Row)
            else if (names === undefined) names = values as string[]
            else decode = rowDecoder(names, values as string[])
          }
          if (rows.length > 0) yield rows
        }
      } catch (error) {
        throw readError(error, signal)
      } finally {
        signal?.removeEventListener('abort', giveUp)
      }
    },

    async ping() {
      const result = await client.ping({ select: true })
      if (!result.success) throw readError(result.error)
    },
  }
}

// A question changes nothing: whatever became of it, it can be asked again.
function readError(error: unknown, signal?: AbortSignal): PipelineError {
  if (signal?.aborted === true) {
    return new PipelineError('unavailable', 'cold', 'The question was given up by its caller.', {
      cause: error,
      driverCode: 'aborted',
    })
  }
  const mapped = mapColdError(error)
  if (mapped.kind !== 'outcome_unknown') return mapped
  return new PipelineError('unavailable', 'cold', mapped.message, {
    cause: error,
    ...(mapped.driverCode === undefined ? {} : { driverCode: mapped.driverCode }),
  })
}

function parts({ sql, params, signal }: ColdQuery): {
  query: string
  query_params: Record<string, ColdParam>
  abort_signal?: AbortSignal
} {
  return {
    query: sql,
    query_params: { ...params },
    ...(signal === undefined ? {} : { abort_signal: signal }),
  }
}
