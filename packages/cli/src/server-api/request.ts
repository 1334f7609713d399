// One request to a server of ours, with its failures as sentences.
import type { Problem } from '@penstock/contract'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

const TIMEOUT_MS = 30_000 // the server itself gives up sooner

export interface ServerReply {
  status: number
  headers: Headers
  /** Parsed when it is JSON, else the text. */
  body: unknown
}

export interface ServerRequest {
  method?: 'GET' | 'POST' | 'DELETE'
  key?: string
  /** Sent as JSON unless it is bytes. */
  body?: unknown
  headers?: Readonly<Record<string, string>>
  /** @defaultValue 30 s */
  timeoutMs?: number
}

/** Any status is an answer. Throws `CommandError` (69) when nobody answers. */
export async function askServer(url: string, request: ServerRequest = {}): Promise<ServerReply> {
  const { key, body } = request
  const bytes = body instanceof Uint8Array
  const headers = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
  }
  let response: Response
  let text: string
  const timeout = new AbortController()
  // Not AbortSignal.timeout: its timer keeps nothing alive, and a fetch that hangs would end the process without a word.
  const timer = setTimeout(
    () => timeout.abort(new Error('it took too long')),
    request.timeoutMs ?? TIMEOUT_MS,
  )
  try {
    response = await fetch(url, {
      method: request.method ?? 'GET',
      headers,
      signal: timeout.signal,
      ...(body === undefined ? {} : { body: bytes ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    text = await response.text()
  } catch (error) {
    throw new CommandError(
      EXIT.unavailable,
      `no answer from ${new URL(url).origin} (${causeOf(error)})`,
      'Is it running? `penstock dev` starts it; --url names another one.',
    )
  } finally {
    clearTimeout(timer)
  }
  const json = response.headers.get('content-type')?.includes('json') === true
  return {
    status: response.status,
    headers: response.headers,
    body: json ? (JSON.parse(text) as unknown) : text,
  }
}

/** The body of a 2xx answer. Throws `CommandError` (69; 64 when the key is at fault) with the server's own words. */
export async function askServerFor<Body>(url: string, request: ServerRequest = {}): Promise<Body> {
  const { status, body } = await askServer(url, request)
  if (status >= 200 && status < 300) return body as Body
  throw refusal(status, body)
}

/** An answer that is no 2xx, as the server explains it. */
export function refusal(status: number, body: unknown): CommandError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>
  const words = problem.detail ?? problem.title ?? 'no explanation'
  const exitCode = status === 401 || status === 403 ? EXIT.usage : EXIT.unavailable
  return new CommandError(exitCode, `the server answered ${status} ${problem.code ?? ''}: ${words}`)
}

export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error as { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? error.message
}
