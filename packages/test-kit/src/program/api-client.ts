// The few calls of the HTTP contract that a crash run makes, over sockets of its own. A call that got no whole answer
// throws (the outcome is unknown); every answer, whatever its status, is a value.
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import { Agent, type Dispatcher } from 'undici'

export interface ApiClientOptions {
  /** Where bodies are sent. */
  url: string
  /** Where everything else is asked. @defaultValue `url` */
  answersUrl?: string
  readKey: string
  adminKey: string
  writeKey: string
}

/** A balancer chooses by connection: on connections that last, a gateway that was killed once would never be sent anything again. */
const REQUESTS_PER_CONNECTION = 16

export const DEV_KEYS = { readKey: 'rk_dev', adminKey: 'ak_dev', writeKey: 'pk_dev' } as const

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The text parsed; throws SyntaxError when it is no JSON. */
  json(): Record<string, unknown>
}

export interface PostBody {
  text: string
  contentType?: string
  gzip?: boolean
}

export interface ApiClient {
  post(path: '/events' | '/v1/import', body: PostBody): Promise<Answer>
  get(path: string): Promise<Answer>
  admin(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>
  /** Lines of a streamed answer; throws when the status is not 200 or the stream breaks off. */
  lines(path: string): AsyncIterable<string>
  close(): Promise<void>
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  const agent = new Agent({
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: 2000,
    maxRequestsPerClient: REQUESTS_PER_CONNECTION,
    headersTimeout: 60_000,
    bodyTimeout: 300_000,
  })

  const asked = options.answersUrl ?? options.url

  const call = async (
    request: Omit<Dispatcher.RequestOptions, 'origin'>,
    origin = asked,
  ): Promise<Answer> => {
    const response = await agent.request({ origin, ...request })
    const text = await response.body.text()
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    }
  }
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

  return {
    post: (path, body) =>
      call(
        {
          path,
          method: 'POST',
          headers: {
            ...bearer(path === '/events' ? options.writeKey : options.adminKey),
            'content-type': body.contentType ?? 'application/json',
            ...(body.gzip === true ? { 'content-encoding': 'gzip' } : {}),
          },
          body: body.gzip === true ? gzipSync(body.text, { level: 1 }) : body.text,
        },
        options.url,
      ),
    get: (path) => call({ path, method: 'GET', headers: bearer(options.readKey) }),
    admin: (method, path, body) =>
      call({
        path,
        method,
        headers: {
          ...bearer(options.adminKey),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async *lines(path) {
      const response = await agent.request({
        origin: asked,
        path,
        method: 'GET',
        headers: bearer(options.readKey),
      })
      if (response.statusCode !== 200)
        throw new Error(`${path}: ${response.statusCode} ${await response.body.text()}`)
      // readline swallows the stream's error; without this a torn answer would look like a short one.
      let torn: unknown = null
      response.body.once('error', (error) => (torn = error))
      for await (const line of createInterface({ input: response.body, crlfDelay: Infinity })) yield line
      if (torn !== null || response.body.readableAborted)
        throw new Error(`${path}: broke off`, { cause: torn })
    },
    close: () => agent.close(),
  }
}
