// Whether a project can see anything of another. The two share every id that a client chooses: event ids, users, anonymous ids, names.
// What the first project is answered must be exactly the same before and after the second one's events, at every endpoint that reads;
// which endpoints there are is asked of the program, so that a new one cannot be forgotten here.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '@penstock/test-kit/cluster'
import fc from 'fast-check'
import { expect } from 'vitest'
import { newTenant, type Tenant } from './tenant.ts'

const RANGE = 'from=2026-01-01&to=2030-01-01'
const RUNS = process.env['TEST_FULL'] === '1' ? 10 : 2

// Endpoints that say nothing about a project.
const ABOUT_NO_PROJECT = new Set([
  '/health/live',
  '/health/ready',
  '/metrics',
  '/v1/projects',
  '/openapi.json',
])

interface Sample {
  user: number
  anonymous: number
  name: number
  event: number
}

const samples = fc.array(
  fc.record({
    user: fc.integer({ min: 0, max: 3 }),
    anonymous: fc.integer({ min: 0, max: 3 }),
    name: fc.integer({ min: 0, max: 2 }),
    event: fc.integer({ min: 0, max: 20 }),
  }),
  { minLength: 5, maxLength: 40 },
)

export async function isolationOf(cluster: Cluster): Promise<void> {
  await fc.assert(
    fc.asyncProperty(samples, samples, async (mine, theirs) => {
      const one = await newTenant(cluster)
      const other = await newTenant(cluster)
      const ids = Array.from({ length: 21 }, () => crypto.randomUUID())
      await send(cluster, one, { samples: mine, ids, mark: 'mine' })
      const before = await everyAnswer(cluster, one, ids)
      await send(cluster, other, { samples: theirs, ids, mark: 'theirs' })
      const after = await everyAnswer(cluster, one, ids)
      expect(after).toEqual(before)
      expect(JSON.stringify(after)).not.toContain('theirs')
      const others = JSON.stringify(await everyAnswer(cluster, other, ids))
      expect(others).toContain('theirs')
      expect(others).not.toContain('mine')
      await refusesForeignKeys(cluster, one, other)
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
}

/** Two bodies, the second with other contents under ids of the first: some events become dead letters. Waits until all are counted. */
async function send(
  cluster: Cluster,
  tenant: Tenant,
  { samples, ids, mark }: { samples: readonly Sample[]; ids: readonly string[]; mark: string },
): Promise<void> {
  const timestamp = new Date(Date.now() - 60_000).toISOString()
  const body = (round: number) =>
    samples.map(({ user, anonymous, name, event }) => ({
      event_id: ids[event],
      type: 'track',
      event: `Event ${name}`,
      user_id: `user-${user}`,
      anonymous_id: `anonymous-${anonymous}`,
      timestamp,
      properties: { mark, round, user },
      context: { mark },
    }))
  let acceptedAt = ''
  for (const round of [1, 2]) {
    const answer = await untilAccepted(cluster, tenant, JSON.stringify(body(round)))
    acceptedAt = answer.accepted_at
  }
  await untilCounted(cluster, tenant, acceptedAt)
}

async function untilAccepted(
  cluster: Cluster,
  tenant: Tenant,
  body: string,
): Promise<{ accepted_at: string }> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(`${cluster.url}/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.write}`, 'content-type': 'application/json' },
      body,
    })
    // A gateway may not know the key for two seconds.
    if (response.status === 202) return (await response.json()) as { accepted_at: string }
    if (tries === 50) throw new Error(`${response.status} ${await response.text()}`)
    await sleep(100)
  }
}

async function untilCounted(cluster: Cluster, tenant: Tenant, acceptedAt: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await get(cluster, tenant.read, '/v1/analytics/top-events')
    const asOf = answer.status === 200 ? (JSON.parse(answer.text) as { as_of: string }).as_of : ''
    if (asOf !== '' && Date.parse(asOf) > Date.parse(acceptedAt)) return
    await sleep(50)
  }
  throw new Error('what was accepted is not counted within 30 s')
}

async function get(cluster: Cluster, key: string, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${cluster.answers.url}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  })
  return { status: response.status, text: await response.text() }
}

/** Path as the program documents it → what is asked of it. */
const questionsOf = (
  path: string,
  tenant: Tenant,
  ids: readonly string[],
  letters: readonly string[],
): string[] => {
  const users = [0, 1, 2, 3]
  switch (path) {
    case '/v1/analytics/top-events':
    case '/v1/analytics/active-users':
    case '/v1/analytics/retention':
      return [`${path}?${RANGE}`]
    case '/v1/export':
      return [`${path}?format=ndjson&${RANGE}`]
    case '/events/{event_id}':
    case '/v1/events/{event_id}':
      return ids.map((id) => path.replace('{event_id}', id))
    case '/v1/users/{id}':
    case '/v1/users/{id}/events': {
      return users.flatMap((user) => [
        path.replace('{id}', `user-${user}`),
        `${path.replace('{id}', `anonymous-${user}`)}?kind=anonymous`,
      ])
    }
    case '/v1/dead-letters':
    case '/v1/dead-letters/summary':
      return [path]
    case '/v1/dead-letters/{id}':
      return letters.map((id) => path.replace('{id}', id))
    case '/v1/projects/{id}/keys':
      return [path.replace('{id}', tenant.id)]
    default:
      throw new Error(`${path} reads, and nobody has thought of how to ask it here`)
  }
}

/** Every endpoint that reads, with the project's own admin key, which may ask all of them. */
async function everyAnswer(
  cluster: Cluster,
  tenant: Tenant,
  ids: readonly string[],
): Promise<Record<string, unknown>> {
  const { paths } = (await (await fetch(`${cluster.answers.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const reading = Object.keys(paths).filter((path) => 'get' in paths[path]! && !ABOUT_NO_PROJECT.has(path))
  expect(reading.length).toBeGreaterThan(8)
  const listed = await get(cluster, tenant.admin, '/v1/dead-letters')
  const letters = (JSON.parse(listed.text) as { data: { id: string }[] }).data.map(({ id }) => id)
  const answers: Record<string, unknown> = {}
  for (const path of reading) {
    for (const question of questionsOf(path, tenant, ids, letters)) {
      const { status, text } = await get(cluster, tenant.admin, question)
      expect([200, 404], `${question}: ${text}`).toContain(status)
      answers[question] = { status, body: status === 200 ? withoutTimes(text) : null }
    }
  }
  return answers
}

/** What changes by itself: when it was asked, how long it took. */
function withoutTimes(text: string): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) =>
      ['as_of', 'processed_through', 'request_id', 'elapsed_ms', 'stats', 'took_ms'].includes(name)
        ? undefined
        : value,
    )
  } catch {
    return text.split('\n').sort()
  }
}

async function refusesForeignKeys(cluster: Cluster, one: Tenant, other: Tenant): Promise<void> {
  for (const key of [other.read, other.admin, other.write]) {
    const answer = await get(cluster, key, `/v1/analytics/top-events?project=${one.id}`)
    expect([401, 403], answer.text).toContain(answer.status)
  }
}
