// What every ColdWriter must do, stated once. Rows are looked at with plain reads, never FINAL, while merges stand still:
// what a test counts once is stored once.
import { formatUuid } from '@penstock/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { coldMonth, type ColdRow, type ColdWriter } from './cold-store.ts'
import { sampleColdLink, sampleColdRow, sampleInsert } from './sample-cold-rows.ts'
import { SAMPLE_TIME, sampleId } from './sample-events.ts'

export interface OpenedColdStore {
  /** Its inserts go through the fence. */
  writer: ColdWriter
  /** The writer as this mode of running uses it, when that is another one. */
  plainWriter?: ColdWriter
  /** Any statement, with all rights. */
  command(sql: string): Promise<void>
  /** Any SELECT; rows as arrays of JSON values, 64-bit integers as texts. */
  select(sql: string): Promise<unknown[][]>
  close(): Promise<void>
}

const DAY = 86_400_000
const MONTH_BEFORE = SAMPLE_TIME - 31 * DAY
const NOVEMBER = 202611
const OCTOBER = 202610

/** @param open - a store with its tables; its content does not matter. */
export function describeColdWriter(name: string, open: () => Promise<OpenedColdStore>): void {
  describe(`ColdWriter: ${name}`, () => {
    let opened: OpenedColdStore
    let writer: ColdWriter

    const ids = (project = 'p'): Promise<string[]> =>
      opened
        .select(`SELECT event_id FROM events_v1 WHERE project_id = '${project}' ORDER BY toString(event_id)`)
        .then((rows) => rows.map(([id]) => String(id)))
    const links = (): Promise<string[]> =>
      opened
        .select('SELECT anonymous_id FROM links_v1 ORDER BY anonymous_id')
        .then((rows) => rows.map(([id]) => String(id)))
    const id = (n: number): string => formatUuid(sampleId(n))
    const kindOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'resolved',
        (error: unknown) => (error as { kind?: unknown }).kind ?? 'no PipelineError',
      )

    beforeAll(async () => {
      opened = await open()
      writer = opened.writer
    })
    afterAll(() => opened.close())
    beforeEach(async () => {
      for (const table of ['events_v1', 'links_v1', 'fences_v1']) {
        await opened.command(`TRUNCATE TABLE ${table} SETTINGS max_table_size_to_drop = 0`)
        await opened.command(`SYSTEM STOP MERGES ${table}`)
      }
    })

    it('gives back every field as it was', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom(...Array.from(`\\'"\t\n\r\0N`)) }),
      )
      const time = fc.oneof(
        fc.integer({ min: SAMPLE_TIME - DAY, max: SAMPLE_TIME + DAY }),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.integer({ min: Date.UTC(1900, 0), max: Date.UTC(2300, 0) - 1 }),
      )
      // A client's clock may show any year that RFC 3339 can write.
      const anyYear = fc.integer({ min: Date.parse('0000-01-01'), max: Date.parse('9999-12-31') })
      const seq = fc.option(fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER)))
      const row = fc
        .record({
          ...{
            name: text,
            event: text,
            pageName: fc.option(text),
            userId: text,
            anonymousId: text,
            previousId: text,
          },
          ...{ groupId: text, sessionId: fc.option(text), properties: text, traits: text, context: text },
          ...{ receivedAt: time, originalTimestamp: fc.option(fc.oneof(time, anyYear)), seq },
        })
        .map((change) => sampleColdRow(0, change))
      const generated = fc.sample(fc.record({ row, time }), { seed: 4, numRuns: 100 })
      const rows = generated.map(({ row: made, time: eventTime }, n) => ({
        ...made,
        eventId: sampleId(n),
        eventTime,
      }))
      const byMonth = new Map<number, ColdRow[]>()
      for (const made of rows) {
        const month = coldMonth(made.eventTime)
        byMonth.set(month, [...(byMonth.get(month) ?? []), made])
      }
      for (const ofMonth of byMonth.values()) await writer.insertEvents(ofMonth, sampleInsert('all'))

      const stored = await opened.select(
        `SELECT project_id, event_id, type, name, event, page_name, toUnixTimestamp64Milli(event_time),
           toUnixTimestamp64Milli(received_at), original_ms, user_id, anonymous_id, previous_id,
           group_id, session_id, seq, properties, traits, context, batch
         FROM events_v1 ORDER BY toString(event_id)`,
      )
      expect(stored).toEqual(rows.map((made) => asStored(made, 'all')))
    })

    it.each([
      '0000-01-01',
      '0001-01-01',
      '1899-12-31',
      '1900-01-01',
      '2299-12-31',
      '2300-01-01',
      '9999-12-31',
    ])('keeps what a clock of %s sent', async (date) => {
      const originalTimestamp = Date.parse(date) + 5
      await writer.insertEvents([sampleColdRow(1, { originalTimestamp })], sampleInsert('b'))
      expect(await opened.select('SELECT original_ms FROM events_v1')).toEqual([[String(originalTimestamp)]])
    })

    // Migrations come first in an upgrade: workers and readers of the release before run on the new table for a while.
    it('goes together with the release before, which knows original_timestamp only', async () => {
      const [storable, other] = [SAMPLE_TIME + 5, Date.parse('0001-01-01')]
      await opened.command(
        `INSERT INTO events_v1 (project_id, event_id, event_time, original_timestamp)
         SETTINGS async_insert = 0
         SELECT 'p', '${id(1)}', fromUnixTimestamp64Milli(toInt64(${SAMPLE_TIME})),
           fromUnixTimestamp64Milli(toInt64(${storable}))`,
      )
      const rows = [storable, other, null].map((originalTimestamp, n) =>
        sampleColdRow(n + 2, { originalTimestamp }),
      )
      await writer.insertEvents(rows, sampleInsert('b'))
      const stored = await opened.select(
        `SELECT original_ms, toUnixTimestamp64Milli(original_timestamp) FROM events_v1 ORDER BY toString(event_id)`,
      )
      expect(stored).toEqual([
        [String(storable), String(storable)],
        [String(storable), String(storable)],
        [String(other), null],
        [null, null],
      ])
    })

    it('keeps hashes of user and anonymous ids apart, and 0 for none', async () => {
      const change = { userId: '42', anonymousId: '42' }
      await writer.insertEvents(
        [sampleColdRow(1, change), sampleColdRow(2, { userId: '' })],
        sampleInsert('h'),
      )
      const [both, none] = await opened.select(
        `SELECT user_hash != anonymous_hash, user_hash != 0, anonymous_hash != 0 FROM events_v1 ORDER BY toString(event_id)`,
      )
      expect(both).toEqual([1, 1, 1])
      expect(none).toEqual([0, 0, 0])
    })

    it('stores an insert once when its attempt is repeated', async () => {
      const rows = [sampleColdRow(1), sampleColdRow(2)]
      await writer.insertEvents(rows, sampleInsert('b'))
      await writer.insertEvents(rows, sampleInsert('b'))
      expect(await ids()).toEqual([id(1), id(2)])
    })

    it('takes another attempt for another insert', async () => {
      await writer.insertEvents([sampleColdRow(1)], sampleInsert('b'))
      await writer.insertEvents([sampleColdRow(1)], sampleInsert('b', { attemptToken: 'b-2' }))
      expect(await ids()).toEqual([id(1), id(1)])
    })

    it('does not take the next insert for a repetition', async () => {
      await writer.insertEvents([sampleColdRow(1)], sampleInsert('b'))
      await writer.insertLinks([sampleColdLink(1)], sampleInsert('b'))
      await writer.insertEvents([sampleColdRow(2)], sampleInsert('c'))
      expect(await ids()).toEqual([id(1), id(2)])
      expect(await links()).toEqual(['a1'])
    })

    it('writes an insert of a whole plan as one block', async () => {
      const properties = JSON.stringify({ filler: 'x'.repeat(300) })
      const rows = Array.from({ length: 20_000 }, (_, n) => sampleColdRow(n, { properties }))
      for (const [batch, each] of [
        ['a', writer],
        ['b', opened.plainWriter ?? writer],
      ] as const) {
        await each.insertEvents(rows, sampleInsert(batch))
        expect(await each.storedOf(batch)).toHaveLength(20_000)
      }
      const parts = await opened.select(
        `SELECT rows FROM system.parts WHERE database = currentDatabase() AND table = 'events_v1' AND active`,
      )
      expect(parts.map(Number)).toEqual([20_000, 20_000])
    })

    it('refuses rows of two months before anything is sent', async () => {
      const rows = [sampleColdRow(1), sampleColdRow(2, { eventTime: MONTH_BEFORE })]
      expect(await kindOf(writer.insertEvents(rows, sampleInsert('b')))).toBe('no PipelineError')
      expect(await ids()).toEqual([])
    })

    it('says after a partial attempt what is missing', async () => {
      const old = sampleColdRow(2, { eventTime: MONTH_BEFORE, projectId: 'q' })
      await writer.insertEvents([sampleColdRow(1)], sampleInsert('b'))
      await writer.insertEvents([sampleColdRow(9)], sampleInsert('other'))
      expect(await writer.storedOf('b')).toEqual(new Set([`p/${id(1)}`]))

      await writer.insertEvents([old], sampleInsert('b', { attemptToken: 'b-2' }))
      expect(await writer.storedOf('b')).toEqual(new Set([`p/${id(1)}`, `q/${id(2)}`]))
      expect(await writer.storedOf('b', [NOVEMBER, OCTOBER])).toEqual(new Set([`p/${id(1)}`, `q/${id(2)}`]))
      expect(await writer.storedOf('b', [OCTOBER])).toEqual(new Set([`q/${id(2)}`]))
      expect(await writer.storedOf('b', [])).toEqual(new Set())
      expect(await writer.storedOf('unknown')).toEqual(new Set())
    })

    describe('given rows that the store refuses', () => {
      beforeEach(() =>
        opened.command(`ALTER TABLE events_v1 ADD CONSTRAINT IF NOT EXISTS no_poison CHECK name != 'poison'`),
      )

      it('stores nothing of the insert and says rejected', async () => {
        for (const place of [0, 1, 2]) {
          const rows = [1, 2, 3].map((n) => sampleColdRow(n, n === place + 1 ? { name: 'poison' } : {}))
          expect(await kindOf(writer.insertEvents(rows, sampleInsert('b')))).toBe('rejected')
          expect(await ids()).toEqual([])
        }
      })

      it('remembers no attempt that failed', async () => {
        const good = sampleColdRow(1)
        const insert = sampleInsert('b')
        expect(await kindOf(writer.insertEvents([good, sampleColdRow(2, { name: 'poison' })], insert))).toBe(
          'rejected',
        )
        await writer.insertEvents([good], insert)
        expect(await ids()).toEqual([id(1)])
      })

      it.each([NaN, 0.5, Date.UTC(1900, 0) - 1, Date.UTC(2300, 0), 1e15])(
        'says rejected for a time that the column would move: %d',
        async (time) => {
          for (const change of [{ eventTime: time }, { receivedAt: time }]) {
            const insert = writer.insertEvents([sampleColdRow(1, change)], sampleInsert('b'))
            expect(await kindOf(insert)).toBe('rejected')
          }
          const link = writer.insertLinks([sampleColdLink(1, { eventTime: time })], sampleInsert('b'))
          expect(await kindOf(link)).toBe('rejected')
          expect(await ids()).toEqual([])
        },
      )
    })

    it('says something transient when a table is missing, and works when it is back', async () => {
      await opened.command('RENAME TABLE events_v1 TO away')
      try {
        expect(await kindOf(writer.insertEvents([sampleColdRow(1)], sampleInsert('b')))).toBe('unavailable')
        expect(await kindOf(writer.storedOf('b'))).toBe('unavailable')
      } finally {
        await opened.command('RENAME TABLE away TO events_v1')
      }
      await writer.insertEvents([sampleColdRow(1)], sampleInsert('b'))
      expect(await ids()).toEqual([id(1)])
    })

    it.each(['', "x'", 'x y', 'x/', 'x'.repeat(65)])('refuses the token %j', async (token) => {
      expect(await kindOf(writer.insertEvents([sampleColdRow(1)], sampleInsert(token)))).toBe(
        'no PipelineError',
      )
      const insert = sampleInsert('b', { attemptToken: token })
      expect(await kindOf(writer.insertEvents([sampleColdRow(1)], insert))).toBe('no PipelineError')
      expect(await kindOf(writer.storedOf(token))).toBe('no PipelineError')
    })

    it('does nothing for no rows', async () => {
      await writer.insertEvents([], sampleInsert('b'))
      await writer.insertLinks([], sampleInsert('b'))
      await writer.removeLinks('b', [])
      expect(await ids()).toEqual([])
    })

    describe('links', () => {
      const three = [1, 2, 3].map((n) => sampleColdLink(n))

      it('are stored once when the attempt is repeated', async () => {
        await writer.insertLinks(three, sampleInsert('b'))
        await writer.insertLinks(three, sampleInsert('b'))
        expect(await links()).toEqual(['a1', 'a2', 'a3'])
      })

      it('are taken back by batch and event, again and again', async () => {
        await opened.command('SYSTEM START MERGES links_v1') // a deletion is a mutation, and those stand still, too
        await writer.insertLinks(three, sampleInsert('b'))
        await writer.insertLinks([sampleColdLink(1, { anonymousId: 'other' })], sampleInsert('c'))
        await writer.removeLinks('b', [sampleId(1), sampleId(3), sampleId(77)])
        await writer.removeLinks('b', [sampleId(1), sampleId(3)])
        expect(await links()).toEqual(['a2', 'other'])
      })

      it('can be stored again after they were taken back', async () => {
        await opened.command('SYSTEM START MERGES links_v1')
        await writer.insertLinks(three, sampleInsert('b'))
        await writer.removeLinks('b', [sampleId(1)])
        await writer.insertLinks([sampleColdLink(1)], sampleInsert('b', { attemptToken: 'b-2' }))
        expect(await links()).toEqual(['a1', 'a2', 'a3'])
      })

      it('hash ids as events do', async () => {
        const same = { anonymousId: "a'\t\0€", userId: 'ü' }
        await writer.insertLinks([sampleColdLink(1, same)], sampleInsert('b'))
        await writer.insertEvents([sampleColdRow(1, same)], sampleInsert('b'))
        const [hashes] = await opened.select(
          `SELECT l.user_hash = e.user_hash, l.anonymous_hash = e.anonymous_hash, l.anonymous_id = e.anonymous_id
           FROM links_v1 AS l, events_v1 AS e`,
        )
        expect(hashes).toEqual([1, 1, 1])
      })
    })

    describe('the fence', () => {
      it('keeps an older epoch out', async () => {
        await writer.fence(0, 2)
        expect(await kindOf(writer.insertEvents([sampleColdRow(1)], sampleInsert('b')))).toBe('fenced')
        expect(await kindOf(writer.insertLinks([sampleColdLink(1)], sampleInsert('b')))).toBe('fenced')
        expect(await ids()).toEqual([])
        expect(await links()).toEqual([])
      })

      it('lets its own and later epochs and other partitions in', async () => {
        await writer.fence(0, 2)
        await writer.insertEvents([sampleColdRow(1)], sampleInsert('a', { epoch: 2 }))
        await writer.insertEvents([sampleColdRow(2)], sampleInsert('b', { epoch: 3 }))
        await writer.insertEvents([sampleColdRow(3)], sampleInsert('c', { partition: 1 }))
        expect(await ids()).toEqual([id(1), id(2), id(3)])
      })

      it('is never lowered', async () => {
        await writer.fence(0, 5)
        await writer.fence(0, 5)
        await writer.fence(0, 2)
        const insert = sampleInsert('b', { epoch: 4 })
        expect(await kindOf(writer.insertEvents([sampleColdRow(1)], insert))).toBe('fenced')
      })
    })

    describe('sweep', () => {
      const mutations = (): Promise<unknown[][]> =>
        opened.select("SELECT count() FROM system.mutations WHERE table = 'events_v1'")

      beforeEach(async () => {
        await writer.insertEvents(
          [1, 2, 3].map((n) => sampleColdRow(n)),
          sampleInsert('november'),
        )
        const old = [4, 5].map((n) => sampleColdRow(n, { eventTime: MONTH_BEFORE + n }))
        const other = [6, 7].map((n) => sampleColdRow(n, { eventTime: MONTH_BEFORE + n, projectId: 'q' }))
        await writer.insertEvents([...old, ...other], sampleInsert('october'))
        await opened.command('SYSTEM START MERGES events_v1')
      })

      it("removes the project's events before the time, and nothing else", async () => {
        await writer.sweep('p', SAMPLE_TIME + 2)
        expect(await ids()).toEqual([id(2), id(3)])
        expect(await ids('q')).toEqual([id(6), id(7)])
      })

      it('leaves no row of a month that is over on the disk', async () => {
        await writer.sweep('p', SAMPLE_TIME)
        const rows = `SELECT sum(rows) FROM system.parts
          WHERE database = currentDatabase() AND table = 'events_v1' AND active AND partition = '${OCTOBER}'`
        expect((await opened.select(rows)).flat().map(Number)).toEqual([2])
      })

      it('does nothing the second time', async () => {
        await writer.sweep('p', SAMPLE_TIME + 2)
        const before = await mutations()
        await writer.sweep('p', SAMPLE_TIME + 2)
        await writer.sweep('p', MONTH_BEFORE)
        expect(await mutations()).toEqual(before)
      })

      it('takes any text for a project', async () => {
        await writer.sweep("p' OR 1 = 1 --", SAMPLE_TIME + DAY)
        expect(await ids()).toHaveLength(5)
      })
    })
  })
}

function asStored(row: ColdRow, batch: string): unknown[] {
  return [
    ...[row.projectId, formatUuid(row.eventId), row.type, row.name, row.event, row.pageName],
    ...[String(row.eventTime), String(row.receivedAt)],
    row.originalTimestamp === null ? null : String(row.originalTimestamp),
    ...[row.userId, row.anonymousId, row.previousId, row.groupId, row.sessionId],
    row.seq === null ? null : String(row.seq),
    ...[row.properties, row.traits, row.context, batch],
  ]
}
