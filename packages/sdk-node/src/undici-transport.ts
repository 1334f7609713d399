// One exchange with the gateway over a small pool of kept sockets. Never retries, never follows redirects; everything that is
// no whole answer in time is status 0. undici is loaded with the first batch: importing it costs more than most programs track.
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Answer, Payload, Transport } from '@penstock/sdk-core'
import type { Pool } from 'undici'
import { batchBytes } from './batch-bytes.ts'
import type { ResolvedOptions } from './options.ts'
import { VERSION } from './version.ts'

const MIN_GZIP_BYTES = 1_024
// The gateway refuses bodies that inflate more than 100-fold; such bodies are small enough as they are.
const MAX_RATIO = 90
/** Below the 5 s after which Node servers close idle sockets. */
const KEEP_ALIVE_MS = 4_000
const MAX_ANSWER_BYTES = 4_194_304

const compress = promisify(gzip)

export interface UndiciTransport extends Transport {
  /** Whether the last attempt was no success. False before the first. */
  fails(): boolean
  /** Ends what is under way. Idempotent. */
  close(): Promise<void>
}

export function createUndiciTransport(options: ResolvedOptions): UndiciTransport {
  const url = new URL(options.host)
  const path = `${url.pathname.replace(/\/$/, '')}/events?`
  const zips =
    options.compression === 'gzip' || (options.compression !== 'none' && !isThisMachine(url.hostname))
  const headers = {
    authorization: `Bearer ${options.writeKey}`,
    'content-type': 'application/json',
    'user-agent': `penstock-node/${VERSION}`,
  }
  const zippedHeaders = { ...headers, 'content-encoding': 'gzip' }
  let pool: Promise<Pool> | undefined
  let failing = false

  const open = async (): Promise<Pool> => {
    const undici = await import('undici')
    return new undici.Pool(url.origin, {
      connections: options.maxInFlight,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connectTimeout: options.requestTimeoutMs,
      maxResponseSize: MAX_ANSWER_BYTES,
    })
  }

  return {
    async pack(events): Promise<Payload> {
      const body = batchBytes(events)
      if (!zips || body.length < MIN_GZIP_BYTES) return { body }
      const zipped = await compress(body, { level: constants.Z_BEST_SPEED })
      return zipped.length * MAX_RATIO < body.length ? { body } : { body: zipped, encoding: 'gzip' }
    },
    async send(payload, query): Promise<Answer> {
      const timeoutMs = options.requestTimeoutMs
      const opened = await (pool ??= open())
      const abort = new AbortController()
      const giveUp = (): void => abort.abort(new Error(`no answer within ${timeoutMs} ms`))
      // After a blocked event loop timers come before sockets, and the answer may be there already.
      const timer = setTimeout(() => setImmediate(giveUp), timeoutMs)
      timer.unref()
      try {
        const answer = await opened.request({
          path: path + query,
          method: 'POST',
          headers: payload.encoding === undefined ? headers : zippedHeaders,
          body: payload.body,
          signal: abort.signal,
        })
        const retryAfter = answer.headers['retry-after']
        const body = await answer.body.text()
        failing = answer.statusCode >= 300
        return {
          status: answer.statusCode,
          body,
          retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
        }
      } catch (cause) {
        failing = true
        return { status: 0, cause }
      } finally {
        clearTimeout(timer)
      }
    },
    fails: () => failing,
    async close() {
      const opened = await pool?.catch(() => undefined)
      await opened?.destroy().catch(() => undefined)
    },
  }
}

const isThisMachine = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host)
