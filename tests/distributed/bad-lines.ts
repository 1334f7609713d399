// Lines between the services and their stores become bad one after the other, and good again: half open, late, narrow. Whatever a store
// is to the services then, each service says so, goes on when it can, and everything taken is counted once.
import { setTimeout as sleep } from 'node:timers/promises'
import { CLEAN, isReady } from '@penstock/test-kit'
import {
  createCluster,
  createClusterStory,
  startBadLine,
  storesAt,
  type BadLine,
  type Cluster,
  type LineFault,
  type Stores,
} from '@penstock/test-kit/cluster'
import { expect } from 'vitest'

const FAULTS: readonly LineFault[] = ['half_open', 'slow', 'narrow']
/** Of each of two. */
const SENDER_PER_SECOND = 100
const NOTICED_MS = 45_000
const WELL_AGAIN_MS = 60_000

type Store = 'nats' | 'cql' | 'clickhouse'

/** Who cannot be ready without the store. */
const NEEDS: Readonly<Record<Store, (cluster: Cluster) => string>> = {
  nats: (cluster) => cluster.gateways[0]!.url,
  cql: (cluster) => cluster.workers[0]!.url,
  clickhouse: (cluster) => cluster.answers.url,
}

export interface BadLineFigures {
  store: Store
  fault: LineFault
  /** Until somebody was not ready; null when everybody stayed ready. */
  noticedMs: number | null
  /** From when the line was good until everybody was ready. */
  readyMs: number
}

/** @param seconds - how long each line is bad in each way */
export async function goesOnOverBadLines(
  stores: Stores,
  { directory, seconds }: { directory: string; seconds: number },
): Promise<BadLineFigures[]> {
  const lines: Record<Store, BadLine> = {
    nats: await startBadLine(stores.nats.port),
    cql: await startBadLine(stores.cql.port),
    clickhouse: await startBadLine(stores.clickhouse.port),
  }
  const at = (store: Store) => ({ host: '127.0.0.1', port: lines[store].port })
  const cluster = await createCluster({
    ...storesAt({ nats: at('nats'), cql: at('cql'), clickhouse: at('clickhouse') }),
    name: 'badlines',
    gateways: 1,
    workers: 2,
  })
  try {
    await cluster.start()
    const story = await createClusterStory(cluster.api, { directory, seed: 13 })
    const senders = [0, 1].map(() => story.startSending(SENDER_PER_SECOND))
    const figures: BadLineFigures[] = []
    for (const store of Object.keys(lines) as Store[]) {
      for (const fault of FAULTS) {
        lines[store].become(fault)
        const noticedMs = await untilNotReady(NEEDS[store](cluster), seconds * 1000)
        if (fault === 'half_open') expect(noticedMs, `${store} ${fault}`).toBeLessThan(NOTICED_MS)
        await sleep(seconds * 1000 - (noticedMs ?? seconds * 1000))
        lines[store].become('none')
        figures.push({ store, fault, noticedMs, readyMs: await untilAllReady(cluster) })
      }
    }
    const counts = await Promise.all(senders.map((sender) => sender.stop()))
    expect(counts.reduce((sum, { refused }) => sum + refused, 0)).toBe(0)
    expect(await story.judge()).toMatchObject(CLEAN)
    expect(story.surprises()).toEqual([])
    for (const { program } of cluster.all()) expect(program.exit()).toBeNull()
    return figures
  } finally {
    await cluster.close()
    await Promise.all(Object.values(lines).map((line) => line.close()))
  }
}

/** Null when it stayed ready for so long. */
async function untilNotReady(url: string, timeoutMs: number): Promise<number | null> {
  const begun = performance.now()
  while (performance.now() - begun < timeoutMs) {
    if (!(await isReady(url))) return Math.round(performance.now() - begun)
    await sleep(250)
  }
  return null
}

async function untilAllReady(cluster: Cluster): Promise<number> {
  const begun = performance.now()
  await expect
    .poll(async () => (await Promise.all(cluster.all().map(({ url }) => isReady(url)))).every(Boolean), {
      timeout: WELL_AGAIN_MS,
      interval: 100,
    })
    .toBe(true)
  return Math.round(performance.now() - begun)
}
