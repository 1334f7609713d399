// A request of ClickHouse's HTTP interface, taken apart: who asks, the statement, its rows, parameters and settings.
import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'

export interface ClickHouseUser {
  password: string
  /** May read only, and change no settings but those that a real server's profile would let it change. */
  readonly: boolean
}

export type ClickHouseUsers = Readonly<Record<string, ClickHouseUser>>

export interface ClickHouseRequest {
  readonly: boolean
  database: string
  statement: string
  /** Rows that come beside the statement. */
  rows: string | undefined
  params: Record<string, { rawText: string }>
  settings: Record<string, string>
}

/** An answer in the words of the server. */
export class ClickHouseRefusal extends Error {
  readonly code: string
  constructor(code: number, type: string, text: string) {
    super(`Code: ${code}. DB::Exception: ${text}. (${type})`)
    this.code = String(code)
  }
}

// Parameters of the HTTP interface itself; everything else in the URL is a setting.
const NOT_SETTINGS = new Set(['query', 'query_id', 'database', 'user', 'password', 'wait_end_of_query'])
/** What docs/operations tells an operator to make changeable for the user who asks questions. */
const CHANGEABLE_IN_READONLY = new Set([
  'cancel_http_readonly_queries_on_client_close',
  'max_block_size',
  'max_execution_time',
  'max_memory_usage',
  'max_result_rows',
  'max_threads',
  'output_format_json_quote_64bit_integers',
  'readonly',
])

export async function readClickHouseRequest(
  request: IncomingMessage,
  users: ClickHouseUsers,
): Promise<ClickHouseRequest> {
  const query = new URL(request.url ?? '/', 'http://clickhouse').searchParams
  const user = authenticated(request, users)
  const body = await bodyOf(request)
  const head = query.get('query')
  const params: ClickHouseRequest['params'] = {}
  const settings: Record<string, string> = {}
  for (const [name, value] of query) {
    if (name.startsWith('param_')) params[name.slice('param_'.length)] = { rawText: value }
    else if (!NOT_SETTINGS.has(name)) settings[name] = value
  }
  if (user.readonly) {
    const refused = Object.keys(settings).find((name) => !CHANGEABLE_IN_READONLY.has(name))
    if (refused !== undefined)
      throw new ClickHouseRefusal(164, 'READONLY', `Cannot modify '${refused}' setting in readonly mode`)
  }
  return {
    readonly: user.readonly || request.method === 'GET',
    database: query.get('database') ?? 'default',
    statement: head ?? body,
    rows: head === null || body === '' ? undefined : body,
    params,
    settings,
  }
}

function authenticated(request: IncomingMessage, users: ClickHouseUsers): ClickHouseUser {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const [, name = 'default', password = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? []
  const user = users[name]
  if (user?.password !== password)
    throw new ClickHouseRefusal(516, 'AUTHENTICATION_FAILED', `${name}: Authentication failed`)
  return user
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const source = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
