// The browser SDK's script tag, served from the gateway itself: /sdk/penstock.js (kept a few minutes, follows upgrades),
// /sdk/penstock-<hash>.js (kept for ever, for pages that pin it) and /sdk/integrity.json (what to write into such a page).
// No key, any origin. The bytes are given by the composition root; without them none of the paths exists.
import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from '../http/send.ts'
import type { TypedApp } from './route-context.ts'

/** How long a page may go on with the script of before an upgrade. */
const SHORT = 'public, max-age=300, stale-while-revalidate=86400'
const FOR_EVER = 'public, max-age=31536000, immutable'
const HASH_CHARS = 16

export function registerBrowserScript(app: TypedApp, script: string): void {
  const bytes = Buffer.from(script)
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_CHARS)
  const pinned = `/sdk/penstock-${hash}.js`
  const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`
  const encoded = { br: brotliCompressSync(bytes), gzip: gzipSync(bytes, { level: 9 }) }

  const send = (request: FastifyRequest, reply: FastifyReply, caching: string) => {
    openToPages(reply)
    const encoding = chooseEncoding(request.headers['accept-encoding'])
    const tag = `"${hash}${encoding === null ? '' : `-${encoding}`}"`
    reply.header('cache-control', caching).header('etag', tag).header('vary', 'Accept-Encoding')
    if (matches(request.headers['if-none-match'], tag)) return reply.status(304).send()
    if (encoding !== null) reply.header('content-encoding', encoding)
    return reply.type('text/javascript; charset=utf-8').send(encoding === null ? bytes : encoded[encoding])
  }
  const hide = { schema: { hide: true } }

  app.get('/sdk/penstock.js', hide, (request, reply) => send(request, reply, SHORT))
  app.get('/sdk/integrity.json', hide, (_request, reply) => {
    openToPages(reply)
    return reply.header('cache-control', 'no-cache').send({ file: pinned, integrity })
  })
  app.get('/sdk/:file', hide, (request, reply) => {
    if (request.raw.url?.split('?')[0] === pinned) return send(request, reply, FOR_EVER)
    return sendProblem(request, reply, {
      code: 'route_not_found',
      detail: `This server's script is ${pinned}; /sdk/penstock.js follows upgrades by itself.`,
    })
  })
}

// Pages with `crossorigin` (which integrity needs) and pages isolated by COEP may load it; whether Origin was sent or not,
// so that caches in between hold one answer.
function openToPages(reply: FastifyReply): void {
  reply
    .header('access-control-allow-origin', '*')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('timing-allow-origin', '*')
}

function chooseEncoding(accepted: string | undefined): 'br' | 'gzip' | null {
  const names = (accepted ?? '').split(',').filter((entry) => !/;\s*q=0(\.0*)?\s*$/.test(entry))
  const has = (name: string) => names.some((entry) => entry.split(';')[0]?.trim().toLowerCase() === name)
  if (has('br')) return 'br'
  return has('gzip') ? 'gzip' : null
}

function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((entry) => entry.trim().replace(/^W\//, '') === tag || entry.trim() === '*')
}
