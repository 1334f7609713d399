import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testKey } from './memory-stores.ts'
import { ADMIN, READ, WRITE, createWorld, track, type World } from './world.ts'

let world: World
beforeAll(async () => void (world = await createWorld()))
afterAll(() => world.close())

const get = (url: string, headers: Record<string, string> = {}) => world.gateway.app.inject({ url, headers })
const send = (headers: Record<string, string>, url = '/events') =>
  world.gateway.app.inject({ method: 'POST', url, headers, payload: track() })
const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` })

describe('how a key is sent', () => {
  it('takes it as a bearer token, as the user name of Basic, and a write key in the query', async () => {
    expect((await send(WRITE)).statusCode).toBe(202)
    expect((await send(basic('pk_dev'))).statusCode).toBe(202)
    expect((await send({}, '/events?write_key=pk_dev')).statusCode).toBe(202)
    expect((await send({ authorization: 'bearer   pk_dev' })).statusCode).toBe(202)
  })

  it.each(['rk_dev', 'ak_dev'])('refuses %s in the query', async (key) => {
    const response = await send({}, `/events?write_key=${key}`)
    expect(response.statusCode).toBe(403)
    expect(response.json()).toMatchObject({ code: 'key_not_allowed' })
  })

  it('says key_missing and key_unknown with 401 and a challenge', async () => {
    for (const headers of [{}, { authorization: 'Digest x' }, { authorization: 'Bearer ' }]) {
      const response = await send(headers)
      expect(response.statusCode).toBe(401)
      expect(response.json()).toMatchObject({ code: 'key_missing' })
      expect(response.headers['www-authenticate']).toContain('Bearer')
    }
    const unknown = await send({ authorization: 'Bearer pk_nobody' })
    expect(unknown.statusCode).toBe(401)
    expect(unknown.json()).toMatchObject({ code: 'key_unknown' })
  })

  it.each(['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs'])(
    'needs none at %s',
    async (url) => {
      expect((await get(url)).statusCode).toBeLessThan(400)
    },
  )
})

describe('what a key may', () => {
  const routes: [string, string, ('write' | 'read' | 'admin')[]][] = [
    ['POST', '/events', ['write', 'admin']],
    ['POST', '/v1/events', ['write', 'admin']],
    ['POST', '/v1/import', ['admin']],
    ['GET', '/events/0190a0a0-0000-7000-8000-000000000001', ['write', 'read', 'admin']],
    ['GET', '/v1/analytics/active-users', ['read', 'admin']],
    ['GET', '/v1/analytics/top-events', ['read', 'admin']],
    ['GET', '/v1/analytics/retention', ['read', 'admin']],
    ['GET', '/v1/export', ['read', 'admin']],
    ['GET', '/v1/users/u1', ['read', 'admin']],
    ['GET', '/v1/users/u1/events', ['read', 'admin']],
    ['GET', '/v1/dead-letters', ['admin']],
    ['GET', '/v1/dead-letters/summary', ['admin']],
    ['GET', '/v1/dead-letters/x', ['admin']],
    ['POST', '/v1/dead-letters/x/replay', ['admin']],
    ['POST', '/v1/dead-letters/replay', ['admin']],
    ['POST', '/v1/dead-letters/x/discard', ['admin']],
    ['GET', '/v1/projects', ['admin']],
    ['POST', '/v1/projects', ['admin']],
    ['GET', '/v1/projects/dev/keys', ['admin']],
    ['POST', '/v1/projects/dev/keys', ['admin']],
    ['DELETE', '/v1/keys/x', ['admin']],
  ]
  it.each(routes)('%s %s: %j', async (method, url, allowed) => {
    const keys = { write: WRITE, read: READ, admin: ADMIN }
    for (const role of ['write', 'read', 'admin'] as const) {
      const payload = method === 'POST' ? {} : undefined
      const request = { method: method as 'GET', url, headers: keys[role], ...(payload && { payload }) }
      const response = await world.gateway.app.inject(request)
      const refused =
        response.statusCode === 403 && response.json<{ code: string }>().code === 'key_not_allowed'
      expect([role, refused]).toEqual([role, !allowed.includes(role)])
    }
    const keyless = await world.gateway.app.inject({ method: method as 'GET', url })
    expect(keyless.statusCode).toBe(401)
  })
})

describe('projects', () => {
  it('lets only the key of the installation name another project', async () => {
    expect((await get('/v1/dead-letters?project=other', ADMIN)).statusCode).toBe(200)
    expect((await get('/v1/dead-letters?project=nowhere', ADMIN)).json()).toMatchObject({
      code: 'project_not_found',
    })
    const foreign = await get('/v1/dead-letters?project=dev', { authorization: 'Bearer ak_other' })
    expect(foreign.json()).toMatchObject({ status: 403, code: 'key_not_allowed' })
    expect((await get('/v1/dead-letters?project=dev', ADMIN)).statusCode).toBe(200)
  })

  it('makes a project once, with its retention', async () => {
    const post = (payload: object, headers = ADMIN) =>
      world.gateway.app.inject({ method: 'POST', url: '/v1/projects', headers, payload })
    const made = await post({ id: 'shop', name: 'The Shop', retention_days: 90 })
    expect(made.statusCode).toBe(201)
    expect(made.json()).toMatchObject({ id: 'shop', name: 'The Shop', retention_days: 90 })
    expect((await post({ id: 'shop' })).json()).toMatchObject({ status: 409, code: 'project_exists' })
    expect((await post({ id: 'x', retention_days: 34 })).json()).toMatchObject({
      parameter: 'retention_days',
    })
    expect((await post({ id: 'Not An Id' })).json()).toMatchObject({ status: 400, parameter: 'id' })
    expect((await post({})).json()).toMatchObject({ status: 400, parameter: 'id' })
    expect((await post({ id: 'y', colour: 1 })).json()).toMatchObject({ status: 400, parameter: 'colour' })
    expect((await post({ id: 'y' }, { authorization: 'Bearer ak_other' })).statusCode).toBe(403)
    const listed = (await get('/v1/projects', ADMIN)).json<{ data: { id: string }[] }>()
    expect(listed.data.map(({ id }) => id)).toContain('shop')
    expect((await get('/v1/projects', { authorization: 'Bearer ak_other' })).statusCode).toBe(403)
  })

  it('makes a key, shows it once, and takes it at once; a revoked one is unknown', async () => {
    const made = await world.gateway.app.inject({
      method: 'POST',
      url: '/v1/projects/dev/keys',
      headers: ADMIN,
      payload: { role: 'write', label: 'web', origins: ['https://Shop.example'] },
    })
    expect(made.statusCode).toBe(201)
    const key = made.json<{ id: string; key: string }>()
    expect(made.json()).toMatchObject({ role: 'write', label: 'web', origins: ['https://shop.example'] })
    expect(key.key).toMatch(/^pk_[\w-]{32}$/)
    const auth = { authorization: `Bearer ${key.key}` }
    expect((await send(auth)).statusCode).toBe(202)
    expect((await send({ ...auth, origin: 'https://shop.example' })).statusCode).toBe(202)
    expect((await send({ ...auth, origin: 'https://evil.example' })).json()).toMatchObject({
      code: 'origin_not_allowed',
    })
    const stored = (await world.projects.keys()).find(({ id }) => id === key.id)
    expect(JSON.stringify(stored)).not.toContain(key.key)
    expect((await get('/v1/projects/dev/keys', ADMIN)).body).not.toContain(key.key)
    const url = `/v1/keys/${key.id}`
    const foreign = { authorization: 'Bearer ak_other' }
    expect((await world.gateway.app.inject({ method: 'DELETE', url, headers: foreign })).statusCode).toBe(404)
    expect((await world.gateway.app.inject({ method: 'DELETE', url, headers: ADMIN })).statusCode).toBe(204)
    expect((await send(auth)).json()).toMatchObject({ status: 401, code: 'key_unknown' })
  })

  it("gives a project's admin its own keys only", async () => {
    const other = { authorization: 'Bearer ak_other' }
    expect((await get('/v1/projects/other/keys', other)).statusCode).toBe(200)
    expect((await get('/v1/projects/dev/keys', other)).json()).toMatchObject({ code: 'key_not_allowed' })
    expect((await get('/v1/projects/nowhere/keys', ADMIN)).json()).toMatchObject({
      code: 'project_not_found',
    })
  })

  it('does not revoke the key of the installation, which the next start would bring back', async () => {
    const request = { method: 'DELETE' as const, url: '/v1/keys/id-of-ak_dev', headers: ADMIN }
    expect((await world.gateway.app.inject(request)).json()).toMatchObject({
      status: 403,
      code: 'key_not_allowed',
    })
  })
})

describe('keys changed by another process', () => {
  it('are seen within two seconds, both ways', async () => {
    await world.projects.putKey(testKey('pk_late', 'write'))
    const late = { authorization: 'Bearer pk_late' }
    world.now += 2_000
    expect((await send(late)).statusCode).toBe(202)
    await world.projects.removeKey('id-of-pk_late')
    world.now += 2_000
    expect((await send(late)).json()).toMatchObject({ code: 'key_unknown' })
  })

  it('stay as known while the store does not answer', async () => {
    world.projects.failure = new Error('down')
    world.now += 5_000
    expect((await send(WRITE)).statusCode).toBe(202)
    world.projects.failure = null
  })
})
