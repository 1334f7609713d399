// The published document, the contract's page and the running gateway say the same thing.
import { readFileSync } from 'node:fs'
import { CODES, LIMITS } from '@penstock/contract'
import {
  DeadLetterListSchema,
  IngestResponseSchema,
  ProblemSchema,
  ReceiptSchema,
  TimelineSchema,
  UserProfileSchema,
} from '@penstock/contract/schema'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, READ, WRITE, createWorld, store, track, type World } from './world.ts'

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; securitySchemes: object }
  'x-limits': object
}
interface Operation {
  parameters?: { name: string; in: string; schema: object }[]
  requestBody?: { content: Record<string, { schema: object }> }
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: object }>
  security?: object[]
}

let world: World
let document: Document
beforeAll(async () => {
  world = await createWorld()
  document = (await world.gateway.app.inject('/openapi.json')).json()
})
afterAll(() => world.close())

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 with every path of the contract', () => {
    expect(document.openapi).toBe('3.1.0')
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(operations.sort()).toEqual(
      [
        'POST /events',
        'POST /v1/events',
        'POST /v1/import',
        'GET /events/{event_id}',
        'GET /v1/events/{event_id}',
        'GET /v1/analytics/active-users',
        'GET /v1/analytics/top-events',
        'GET /v1/analytics/retention',
        'GET /v1/export',
        'GET /v1/users/{id}',
        'GET /v1/users/{id}/events',
        'GET /v1/dead-letters',
        'GET /v1/dead-letters/summary',
        'GET /v1/dead-letters/{id}',
        'POST /v1/dead-letters/{id}/replay',
        'POST /v1/dead-letters/replay',
        'POST /v1/dead-letters/{id}/discard',
        'GET /v1/projects',
        'POST /v1/projects',
        'GET /v1/projects/{id}/keys',
        'POST /v1/projects/{id}/keys',
        'DELETE /v1/keys/{key_id}',
        'GET /health/live',
        'GET /health/ready',
        'GET /metrics',
      ].sort(),
    )
  })

  it("has every question of the contract's page but those that it says are not served yet", async () => {
    const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8')
    const section = page.slice(page.indexOf('## 4.'), page.indexOf('## 5.'))
    const endpointsIn = (text: string) =>
      [...text.matchAll(/`(GET|POST) (\/v1\/[^`?]+)[^`]*`/g)].map(
        ([, method, path]) => [method!, path!] as const,
      )
    const notYet = endpointsIn(/^Not served yet: .*$/m.exec(section)?.[0] ?? '')
    const rows = endpointsIn(section.slice(section.indexOf('| endpoint')))
    expect(rows.length).toBeGreaterThan(10)

    const isServed = ([method, path]: readonly [string, string]) =>
      document.paths[path]?.[method.toLowerCase()] !== undefined
    expect(rows.filter((row) => !isServed(row))).toEqual(notYet)
    for (const [method, url] of notYet) {
      const answer = await world.gateway.app.inject({ method: method as 'GET' | 'POST', url, headers: READ })
      expect([url, answer.json<object>()]).toEqual([
        url,
        expect.objectContaining({ status: 404, code: 'route_not_found' }),
      ])
    }
  })

  it('publishes the limits and the codes', () => {
    expect(document['x-limits']).toEqual(LIMITS)
    const body = JSON.stringify(document.paths['/events']?.['post']?.requestBody)
    expect(body).toContain(`"maxItems":${LIMITS.maxEventsPerRequest}`)
    expect(body).toContain(`"maxLength":${LIMITS.maxEventNameChars}`)
    expect(body).toContain('application/x-ndjson')
    const problem = JSON.stringify(document.components.schemas['Problem'])
    for (const [code, { scope }] of Object.entries(CODES)) {
      expect([code, problem.includes(`"${code}"`)]).toEqual([code, scope !== 'warning'])
    }
  })

  it('refers to nothing that is not there, and says how every operation fails', () => {
    const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? []
    expect(new Set(references)).toEqual(new Set(['"$ref":"#/components/schemas/Problem"']))
    for (const [path, methods] of Object.entries(document.paths)) {
      if (path.startsWith('/health') || path === '/metrics') continue
      for (const operation of Object.values(methods))
        expect([path, operation.responses]).toEqual([
          path,
          expect.objectContaining({ default: expect.anything() as unknown }),
        ])
    }
  })

  it.each([
    ['/v1/export', '200', ['Penstock-As-Of', 'Penstock-From', 'Penstock-To']],
    ['/v1/users/{id}', '200', ['Penstock-As-Of']],
    ['/v1/users/{id}', '404', ['Penstock-As-Of']],
    ['/v1/users/{id}/events', '200', ['Penstock-As-Of']],
    ['/v1/users/{id}/events', '404', ['Penstock-As-Of']],
  ])('describes the headers of %s with %s', (path, status, names) => {
    const { content, headers } = document.paths[path]?.['get']?.responses[status] ?? {}
    expect(Object.keys(headers ?? {})).toEqual(names)
    if (status === '404') expect(Object.keys(content ?? {})).toEqual(['application/problem+json'])
  })

  it('shows bodies that are checked in handlers', () => {
    const replay = document.paths['/v1/dead-letters/{id}/replay']?.['post']
    expect(JSON.stringify(replay?.requestBody)).toContain('repaired')
    expect(JSON.stringify(document.paths['/v1/projects']?.['post']?.requestBody)).toContain('retention_days')
  })
})

describe('/docs', () => {
  it('is a page that reads it', async () => {
    const page = await world.gateway.app.inject({ url: '/docs/' })
    expect([page.statusCode, page.headers['content-type']]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ])
    const script = await world.gateway.app.inject({ url: '/docs/static/swagger-initializer.js' })
    expect(script.body).toContain('/openapi.json')
    const missing = await world.gateway.app.inject({ url: '/docs/static/nothing.js' })
    expect(missing.statusCode).toBe(404)
  })
})

describe('answers', () => {
  it('fit the schemas they are published with', async () => {
    const event = track({ foo: 1, traits: { a: [1, { b: null }] } })
    await store(world, event)
    await store(world, { ...event, event: 'Other' })
    const get = (url: string, headers: Record<string, string>) => world.gateway.app.inject({ url, headers })
    const sent = { method: 'POST' as const, url: '/events', headers: WRITE, payload: [track({ foo: 1 }), {}] }
    const cases: [TSchema, unknown][] = [
      [IngestResponseSchema, (await world.gateway.app.inject(sent)).json()],
      [ReceiptSchema, (await get(`/events/${event.event_id}`, READ)).json()],
      [TimelineSchema, (await get('/v1/users/u1/events', READ)).json()],
      [UserProfileSchema, (await get('/v1/users/u1', READ)).json()],
      [DeadLetterListSchema, (await get('/v1/dead-letters', ADMIN)).json()],
      [ProblemSchema, (await get('/v1/dead-letters', READ)).json()],
      [ProblemSchema, (await get('/v1/users/u1?limit=1', READ)).json()],
    ]
    for (const [schema, answer] of cases) {
      const check = Compile(schema)
      expect([check.Errors(answer), answer]).toEqual([[], answer])
    }
  })
})
