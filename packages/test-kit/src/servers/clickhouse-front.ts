// ClickHouse's HTTP interface over the real engine, as a program of its own that can be killed:
//   node --import tsx clickhouse-front.ts DIRECTORY PORT
// Engine and SQL are ClickHouse's. The front is not: users, the readonly profile and cancelling are rebuilt here to the extent
// that the cold store needs them. Not there: the native protocol, replication, quotas, grants, response compression.
// PENSTOCK_TEST_CLICKHOUSE_USERS holds the users as JSON.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { ClickHouseError } from '@clickhouse/client'
import { openChdb } from '@penstock/embedded'
import { ClickHouseRefusal, readClickHouseRequest, type ClickHouseUsers } from './clickhouse-request.ts'

const [path = '', port = ''] = process.argv.slice(2)
const users = JSON.parse(process.env['PENSTOCK_TEST_CLICKHOUSE_USERS'] ?? '{}') as ClickHouseUsers
/** Statements at once, per database and kind of user. */
const SESSIONS = 6
/** Parameters travel in the URL. */
const MAX_HEADER_BYTES = 4 * 1_048_576
// As the real server answers, of the codes that the suites meet.
const STATUS: Readonly<Record<string, number>> = { '516': 403, '164': 403, '60': 404, '81': 404, '62': 400 }

const chdb = await openChdb({ path })
const connections = new Map<string, ReturnType<typeof chdb.connection>>()
const connectionTo = (database: string, readonly: boolean) => {
  const key = `${database}/${readonly}`
  const connection = connections.get(key) ?? chdb.connection({ database, sessions: SESSIONS, readonly })
  connections.set(key, connection)
  return connection
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  try {
    if (request.url === '/ping') {
      response.end('Ok.\n')
      return
    }
    const { readonly, database, statement, rows, params, settings } = await readClickHouseRequest(
      request,
      users,
    )
    const connection = connectionTo(database, readonly)
    // Cancelling on a closed connection is what this front does anyway.
    delete settings['cancel_http_readonly_queries_on_client_close']
    const asked = {
      query: statement,
      query_params: params,
      clickhouse_settings: settings,
      abort_signal: gone.signal,
    }
    const insert = /^\s*(\/\*.*?\*\/\s*)*INSERT\b/s.test(statement)
    const { stream } = insert
      ? await connection.exec({ ...asked, ...(rows === undefined ? {} : { values: Readable.from([rows]) }) })
      : await connection.query(asked)
    stream.once('error', () => response.destroy())
    response.once('close', () => stream.destroy())
    response.setHeader('content-type', 'text/plain; charset=UTF-8')
    stream.pipe(response)
  } catch (error) {
    refuse(response, error)
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const known = error instanceof ClickHouseError || error instanceof ClickHouseRefusal
  const { code, message } = known
    ? error
    : new ClickHouseRefusal(456, 'UNKNOWN_QUERY_PARAMETER', String(error))
  if (response.headersSent) response.destroy()
  else {
    response.writeHead(STATUS[code] ?? 500, { 'x-clickhouse-exception-code': code })
    response.end(`${message}\n`)
  }
}

const server = createServer(
  { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 30_000 },
  (request, response) => {
    void answer(request, response)
  },
)
server.listen(Number(port), '127.0.0.1', () => console.log('Ready for connections'))
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
  void chdb.close().then(() => process.exit(0))
})
