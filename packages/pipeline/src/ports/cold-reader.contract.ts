// What every ColdReader must do, stated once.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ColdReader } from './cold-store.ts'

export interface OpenedColdReader {
  /** With one thread, a time limit of 1 s, a memory limit of 200 MB and at most 500,000 rows an answer. */
  reader: ColdReader
  /** Questions that run at once. */
  sessions: number
  /** Texts of the queries that the engine runs now, asked with other rights. */
  running(): Promise<string[]>
  close(): Promise<void>
}

const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1'

/** @param open - a reader of a store with its tables. */
export function describeColdReader(name: string, open: () => Promise<OpenedColdReader>): void {
  describe(`ColdReader: ${name}`, () => {
    let opened: OpenedColdReader
    let reader: ColdReader

    beforeAll(async () => {
      opened = await open()
      reader = opened.reader
    })
    afterAll(() => opened.close())

    const select = async (sql: string, params = {}): Promise<unknown[]> =>
      (await reader.query({ sql, params })).rows
    const failure = (work: Promise<unknown>): Promise<unknown[]> =>
      work.then(
        () => ['resolved'],
        (error: unknown) => {
          const { kind, driverCode } = error as { kind?: unknown; driverCode?: unknown }
          return [kind, driverCode]
        },
      )
    /** As many as there are sessions and one more: an unclean one would show. */
    const expectCleanAnswers = async (): Promise<void> => {
      for (let n = 0; n <= opened.sessions; n++) {
        expect(await select('SELECT {n:UInt32} AS n, 7 AS x', { n })).toEqual([{ n, x: 7 }])
      }
    }

    it('answers rows as objects, with what it cost', async () => {
      const answer = await reader.query({
        sql: 'SELECT number AS n, toString(n) AS t FROM numbers(3)',
        params: {},
      })
      expect(answer.rows).toEqual([
        { n: 0, t: '0' },
        { n: 1, t: '1' },
        { n: 2, t: '2' },
      ])
      expect(answer.stats.rowsRead).toBe(3)
      expect(answer.stats.elapsedMs).toBeGreaterThan(0)
    })

    it('answers no rows as an empty list', async () => {
      expect(await select('SELECT 1 AS a WHERE 0')).toEqual([])
    })

    it('gives 64-bit integers as numbers where they fit, as texts where they do not', async () => {
      const sql = `SELECT toUInt64(9007199254740991) AS fits, toInt64(-5) AS negative, toUInt64(18446744073709551615) AS big,
        toNullable(toUInt64(3)) AS some, CAST(NULL, 'Nullable(UInt64)') AS none, [toUInt64(1), 9007199254740993] AS list`
      expect(await select(sql)).toEqual([
        {
          ...{ fits: 9007199254740991, negative: -5, big: '18446744073709551615' },
          ...{ some: 3, none: null, list: [1, '9007199254740993'] },
        },
      ])
    })

    it('binds any text', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom(...Array.from(`\\'"\t\n\r\0{}N;`)) }),
      )
      await fc.assert(
        fc.asyncProperty(text, fc.array(text), async (one, list) => {
          const sql = 'SELECT {one:String} AS one, {list:Array(String)} AS list, lengthUTF8(one) AS size'
          expect(await select(sql, { one, list })).toEqual([{ one, list, size: Array.from(one).length }])
        }),
        { numRuns: 150, seed: 4 },
      )
    })

    it('binds numbers, booleans, nulls and lists of numbers', async () => {
      const sql = `SELECT {i:Int64} AS i, {f:Float64} AS f, {b:Bool} AS b, {z:Nullable(String)} AS z,
        {l:Array(UInt64)} AS l, {e:Array(String)} AS e, {t:DateTime64(3, 'UTC')} AS t`
      const params = {
        i: -3,
        f: 0.1,
        b: true,
        z: null,
        l: [1, 2 ** 53 - 1],
        e: [],
        t: '2026-11-22 10:00:00.123',
      }
      expect(await select(sql, params)).toEqual([params])
    })

    it('keeps the parameters of concurrent questions apart', async () => {
      const asked = Array.from({ length: 200 }, (_, n) => n)
      const answers = await Promise.all(
        asked.map((n) =>
          select('SELECT {n:UInt32} AS n, {t:String} AS t, sleep(0.001) AS s', { n, t: `t${n}` }),
        ),
      )
      expect(answers).toEqual(asked.map((n) => [{ n, t: `t${n}`, s: 0 }]))
    })

    it('never fills a missing parameter with that of another question', async () => {
      for (let n = 0; n < opened.sessions; n++) await select('SELECT {project:String}', { project: 'secret' })
      for (let n = 0; n <= opened.sessions; n++) {
        await expect(select('SELECT {project:String} AS p')).rejects.toThrow()
      }
      await expectCleanAnswers()
    })

    it.each([
      "INSERT INTO events_v1 (project_id) VALUES ('x')",
      'CREATE TABLE mine (a UInt8) ENGINE = Memory',
      'DROP TABLE events_v1',
      'ALTER TABLE events_v1 DELETE WHERE 1',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
      "SELECT * FROM executable('true', 'TSV', 'a String')",
      "INSERT INTO FUNCTION file('x.csv', 'CSV', 'a UInt8') SELECT 1",
      'SELECT 1 SETTINGS max_execution_time = 0',
      'SET readonly = 0',
      'SYSTEM STOP MERGES',
    ])('may not run %s', async (sql) => {
      await expect(select(sql)).rejects.toThrow()
      await expectCleanAnswers()
    })

    it('ends a question that takes too long', async () => {
      expect(await failure(select(ENDLESS))).toEqual(['overloaded', 'timeout'])
      await expectCleanAnswers()
    })

    it('ends a question that needs too much memory', async () => {
      const sql = 'SELECT length(groupArray(repeat(toString(number), 10))) AS n FROM numbers(10000000)'
      expect(await failure(select(sql))).toEqual(['overloaded', 'memory'])
      await expectCleanAnswers()
    })

    it('ends an answer that has too many rows', async () => {
      expect(await failure(select('SELECT number FROM numbers(500001)'))).toEqual(['overloaded', 'memory'])
      expect(await select('SELECT number FROM numbers(1000)')).toHaveLength(1000)
    })

    it('gives a clean answer after one that broke while it was written', async () => {
      for (let n = 0; n <= opened.sessions; n++) {
        await expect(select('SELECT number, throwIf(number = 400000) FROM numbers(450000)')).rejects.toThrow()
        await expectCleanAnswers()
      }
    })

    it('says unavailable for a question that the engine does not understand', async () => {
      expect((await failure(select('SELECT nonsense FROM nowhere')))[0]).toBe('unavailable')
    })

    describe('a caller that gives up', () => {
      const stopped = async (): Promise<void> => {
        await expect
          .poll(() => opened.running(), { timeout: 20_000 })
          .not.toContainEqual(expect.stringContaining('= 1'))
      }

      it('ends the question in the engine', async () => {
        const patient = opened.reader
        const controller = new AbortController()
        const sql = ENDLESS.replace('count()', 'count(), sleepEachRow(0)')
        const asked = failure(patient.query({ sql, params: {}, signal: controller.signal }))
        await expect.poll(() => opened.running()).toContainEqual(expect.stringContaining('= 1'))
        controller.abort()
        expect(await asked).toEqual(['unavailable', 'aborted'])
        await stopped()
        await expectCleanAnswers()
      })

      it('leaves the line', async () => {
        const controller = new AbortController()
        const ahead = Array.from({ length: opened.sessions }, () => failure(select(ENDLESS)))
        const waiting = failure(reader.query({ sql: 'SELECT 1', params: {}, signal: controller.signal }))
        controller.abort()
        expect(await waiting).toEqual(['unavailable', 'aborted'])
        expect(await Promise.all(ahead)).toEqual(ahead.map(() => ['overloaded', 'timeout']))
        await expectCleanAnswers()
      })

      it('gets no answer when it had given up before', async () => {
        const signal = AbortSignal.abort()
        expect(await failure(reader.query({ sql: 'SELECT 1', params: {}, signal }))).toEqual([
          'unavailable',
          'aborted',
        ])
      })
    })

    describe('a stream', () => {
      it('gives all rows in order, piece by piece', async () => {
        const sql = 'SELECT number AS n, {t:String} AS t FROM numbers({count:UInt64}) ORDER BY n'
        let next = 0
        let pieces = 0
        for await (const rows of reader.stream<{ n: number; t: string }>({
          sql,
          params: { count: 100_000, t: "\n'" },
        })) {
          pieces += 1
          for (const row of rows) expect(row).toEqual({ n: next++, t: "\n'" })
        }
        expect(next).toBe(100_000)
        expect(pieces).toBeGreaterThan(5)
      })

      it('ends at once without rows', async () => {
        for await (const rows of reader.stream({ sql: 'SELECT 1 AS a WHERE 0', params: {} })) {
          throw new Error(`got ${rows.length} rows`)
        }
      })

      it('may be left early, any number of times', async () => {
        for (let n = 0; n < 3 * (opened.sessions + 1); n++) {
          for await (const rows of reader.stream({
            sql: 'SELECT number FROM numbers(100000000)',
            params: {},
          })) {
            expect(rows.length).toBeGreaterThan(0)
            break
          }
        }
        await expectCleanAnswers()
      })

      it('does not stand in the way of questions', async () => {
        const streams = Array.from({ length: opened.sessions }, () =>
          reader.stream({ sql: 'SELECT number FROM numbers(100000000)', params: {} })[Symbol.asyncIterator](),
        )
        for (const stream of streams) await stream.next()
        await expectCleanAnswers()
        for (const stream of streams) await stream.return?.()
      })

      it('breaks when the question does', async () => {
        const read = async (sql: string): Promise<number> => {
          let count = 0
          for await (const rows of reader.stream({ sql, params: {} })) count += rows.length
          return count
        }
        await expect(read('SELECT number, throwIf(number = 500000) FROM numbers(1000000)')).rejects.toThrow()
        await expect(read('SELECT nonsense FROM nowhere')).rejects.toThrow()
        await expect(read("INSERT INTO events_v1 (project_id) VALUES ('x')")).rejects.toThrow()
        expect(await read('SELECT number FROM numbers(200000)')).toBe(200_000)
      })

      it('ends in the engine when its caller gives up', async () => {
        const controller = new AbortController()
        const sql = 'SELECT number FROM numbers(1000000000000)'
        const read = async (): Promise<void> => {
          for await (const rows of reader.stream({ sql, params: {}, signal: controller.signal })) {
            if (rows.length > 0) controller.abort()
          }
        }
        expect(await failure(read())).toEqual(['unavailable', 'aborted'])
        await expect
          .poll(() => opened.running(), { timeout: 20_000 })
          .not.toContainEqual(expect.stringContaining('1000000000000'))
        await expectCleanAnswers()
      })
    })

    it('is there', async () => {
      await reader.ping()
    })
  })
}
