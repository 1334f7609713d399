// The script tag's files as pages and caches ask for them.
import { createHash } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from './world.ts'

const SCRIPT = '(()=>{window.penstock="€"})();\n'
let world: World
beforeAll(async () => {
  world = await createWorld({ browserScript: SCRIPT })
})
afterAll(() => world.close())

const get = (url: string, headers: Record<string, string> = {}) => world.gateway.app.inject({ url, headers })

describe('/sdk', () => {
  it('serves the script to any page for a short time, without a key', async () => {
    const answer = await get('/sdk/penstock.js')
    expect([answer.statusCode, answer.body]).toEqual([200, SCRIPT])
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300, stale-while-revalidate=86400',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      vary: 'Accept-Encoding',
    })
  })

  it('names the file for ever and the integrity of exactly its bytes', async () => {
    const document = await get('/sdk/integrity.json')
    expect(document.headers['cache-control']).toBe('no-cache')
    const { file, integrity } = document.json<{ file: string; integrity: string }>()
    expect(file).toMatch(/^\/sdk\/penstock-[0-9a-f]{16}\.js$/)
    const answer = await get(file)
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const digest = createHash('sha384').update(answer.rawPayload).digest('base64')
    expect(`sha384-${digest}`).toBe(integrity)
  })

  it('compresses for whoever asks, and tells the variants apart', async () => {
    const [brotli, gzip, plain] = await Promise.all(
      ['gzip, br', 'gzip;q=0.5, br;q=0', 'identity'].map((accept) =>
        get('/sdk/penstock.js', { 'accept-encoding': accept }),
      ),
    )
    expect(brotliDecompressSync(brotli!.rawPayload).toString()).toBe(SCRIPT)
    expect(gunzipSync(gzip!.rawPayload).toString()).toBe(SCRIPT)
    expect(plain!.headers['content-encoding']).toBeUndefined()
    expect(new Set([brotli, gzip, plain].map((answer) => answer!.headers.etag)).size).toBe(3)
  })

  it('answers 304 to a cache that has it, and HEAD without a body', async () => {
    const { headers } = await get('/sdk/penstock.js')
    const again = await get('/sdk/penstock.js', { 'if-none-match': `W/${headers.etag as string}` })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    const head = await world.gateway.app.inject({ method: 'HEAD', url: '/sdk/penstock.js' })
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([
      200,
      '',
      String(Buffer.byteLength(SCRIPT)),
    ])
  })

  it('says which file there is when a page pins another one', async () => {
    const answer = await get('/sdk/penstock-0000000000000000.js')
    expect(answer.statusCode).toBe(404)
    const { file } = (await get('/sdk/integrity.json')).json<{ file: string }>()
    expect(answer.json<{ detail: string }>().detail).toContain(file)
  })

  it('has none of it when the composition root gave no script', async () => {
    const bare = await createWorld()
    expect((await bare.gateway.app.inject('/sdk/penstock.js')).statusCode).toBe(404)
    await bare.close()
  })
})
