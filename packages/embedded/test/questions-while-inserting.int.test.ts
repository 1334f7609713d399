// Workers insert while a question is answered, also between two statements of one question. Here an insert happens exactly
// there: the answer's numbers must be of one moment.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ColdQuery, ColdReader, ColdWriter, TopEventsInput, TopEventsRow } from '@penstock/pipeline'
import {
  createClickHouseColdReader,
  createClickHouseColdWriter,
  createClickHouseQuestions,
  migrateCold,
} from '@penstock/pipeline/clickhouse'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openChdb, type Chdb } from '../src/index.ts'
import { testUuid, writeProjects, type TestEvent } from './questions/event-list.ts'

const NOON = Date.UTC(2026, 10, 22, 12)
const directory = mkdtempSync(join(tmpdir(), 'penstock-between-'))
let chdb: Chdb
let writer: ColdWriter
let reader: ColdReader

beforeAll(async () => {
  chdb = await openChdb({ path: directory })
  const client = chdb.writerClient()
  await migrateCold(client)
  writer = createClickHouseColdWriter(client, { fenced: false })
  const limits = { maxExecutionMs: 30_000, maxMemoryBytes: 1024 ** 3, maxResultRows: 1_000_000 }
  reader = createClickHouseColdReader(chdb.readerClient(), limits)
})
afterAll(async () => {
  await chdb.close()
  rmSync(directory, { recursive: true, force: true })
})

/** `count` events of the name, each of a user of its own. */
const tracked = (event: string, count: number, salt = ''): TestEvent[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ id: testUuid(`${event} ${salt} ${n}`), type: 'track', event, userId: `user ${salt} ${n}` },
    ...{ time: NOON + n, receivedAt: NOON + n },
  }))

/** What is asked of `before` when `between` comes right after the first statement. */
async function topEvents(
  projectId: string,
  input: Pick<TopEventsInput, 'limit' | 'order'>,
  [before, between]: readonly [TestEvent[], TestEvent[]],
): Promise<TopEventsRow[]> {
  const write = (events: TestEvent[], token: string) =>
    writeProjects(writer, new Map([[projectId, events]]), `${token}-${projectId.replaceAll(' ', '-')}`)
  await write(before, 'before')
  let statements = 0
  const interrupted: ColdReader = {
    ...reader,
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the port's
    async query<Row>(query: ColdQuery) {
      const answer = await reader.query<Row>(query)
      if (++statements === 1) await write(between, 'between')
      return answer
    },
  }
  const day = { from: '2026-11-22', to: '2026-11-22' }
  const context = { projectId, now: NOON + 3_600_000, asOf: NOON + 3_600_000 }
  const { data } = await createClickHouseQuestions(interrupted).topEvents({ ...day, ...input }, context)
  return data
}

it('events, users and shares of one answer are of one moment', async () => {
  const before = [...tracked('Bought', 3), ...tracked('Opened', 1)]
  const between = [...tracked('Opened', 10, 'between'), ...tracked('Never seen', 6)]
  expect(await topEvents('few', {}, [before, between])).toEqual([
    { event: 'Opened', events: 11, users: 11, share: 11 / 20 },
    { event: 'Bought', events: 3, users: 3, share: 3 / 20 },
  ])
})

it.each(['events', 'users'] as const)('also among more names than bits, by %s', async (order) => {
  const before = Array.from({ length: 70 }, (_, n) => tracked(`Name ${n}`, 1)).flat()
  const between = tracked('Name 0', 100, 'between')
  const rows = await topEvents(`many by ${order}`, { limit: 1, order }, [before, between])
  expect(rows).toEqual([{ event: 'Name 0', events: 101, users: 101, share: 101 / 170 }])
})
