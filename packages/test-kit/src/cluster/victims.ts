// Chooses whom to hit next, hits it, brings it back, and waits until everything is ready: whoever was hit least comes first.
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import type { Random } from '../random.ts'
import type { Cluster } from './cluster.ts'
import type { Stores } from './stores.ts'

export interface Victims {
  /** Resolves with the kind that was hit once all are ready again. */
  next(): Promise<string>
  /** Hits of the kind that was hit least. */
  least(): number
  hits(): Readonly<Record<string, number>>
}

const READY_MS = 120_000
// The default lease, and what its taker needs besides.
const PAST_LEASE_MS = 9_000

export function createVictims(deps: { cluster: Cluster; stores: Stores; random: Random }): Victims {
  const { cluster, stores, random } = deps
  const kinds: Record<string, () => Promise<void>> = {
    gateway: async () => {
      const victim = random.pick(cluster.gateways)
      await victim.kill()
      await victim.startReady()
    },
    worker: async () => {
      const victim = random.pick(cluster.workers)
      await victim.kill()
      await victim.startReady()
    },
    'stopped worker': async () => {
      const victim = random.pick(cluster.workers)
      victim.signal('SIGSTOP')
      await sleep(PAST_LEASE_MS)
      victim.signal('SIGCONT')
    },
    nats: () => stores.nats.restart(),
    cql: () => stores.cql.restart(),
    clickhouse: () => stores.clickhouse.restart(),
  }
  const hits = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]))

  async function allReady(): Promise<void> {
    const deadline = performance.now() + READY_MS
    while (!(await Promise.all(cluster.all().map(({ url }) => isReady(url)))).every(Boolean)) {
      if (performance.now() > deadline) throw new Error(`not everything is ready again within ${READY_MS} ms`)
      await sleep(100)
    }
  }

  return {
    async next() {
      const least = Math.min(...Object.values(hits))
      const kind = random.pick(Object.keys(hits).filter((candidate) => hits[candidate] === least))
      await (kinds[kind] as () => Promise<void>)()
      hits[kind] = (hits[kind] as number) + 1
      await allReady()
      return kind
    },
    least: () => Math.min(...Object.values(hits)),
    hits: () => hits,
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await request(`${url}/health/ready`, { headersTimeout: 6_000, bodyTimeout: 6_000 })
    await response.body.dump()
    return response.statusCode === 200
  } catch {
    return false
  }
}
