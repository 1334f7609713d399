// What every EventLog must do, stated once.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Appended, EventLog } from './event-log.ts'

export interface OpenedEventLog {
  log: EventLog
  /** Closes the log and opens it again on the same data, as a restart would. */
  reopen(): Promise<EventLog>
  /** Closes whatever is open and removes the data. */
  close(): Promise<void>
}

/**
 * @param open - an empty log. With `capBytes` it refuses above about so many bytes; `clock` replaces the wall clock where the
 * adapter's log time is made in this process, and is ignored elsewhere.
 */
export function describeEventLog(
  name: string,
  open: (options?: { capBytes?: number; clock?: () => number }) => Promise<OpenedEventLog>,
): void {
  const EVERYTHING = { maxBytes: 2 ** 30, maxMessages: 1_000_000 }
  const chunk = (text: string): Uint8Array => Buffer.from(text)
  const texts = async (log: EventLog, partition: number, after = 0): Promise<string[]> =>
    (await log.read(partition, after, EVERYTHING)).map((message) => Buffer.from(message.chunk).toString())

  describe(`EventLog: ${name}`, () => {
    let opened: OpenedEventLog
    let log: EventLog
    /** The last partition, so that nothing leans on the first. */
    let last: number

    const openLog = async (options?: Parameters<typeof open>[0]): Promise<void> => {
      opened = await open(options)
      log = opened.log
      last = log.partitions - 1
    }
    beforeEach(() => openLog())
    afterEach(() => opened.close())

    it('is empty at first', async () => {
      expect(await log.read(last, 0, EVERYTHING)).toEqual([])
      expect((await log.end(last)).lastSeq).toBe(0)
      expect(await log.timeAfter(last, 0)).toBeNull()
    })

    it('gives back the very bytes it was given, with the place it named', async () => {
      const sizes = [1, 100, 2_100, 4_096, 524_288]
      const chunks = sizes.map((size, index) => Buffer.alloc(size, index + 1))
      const appended: Appended[] = []
      for (const bytes of chunks) appended.push(await log.append(last, bytes))
      const read = await log.read(last, 0, EVERYTHING)
      expect(read.map(({ seq, logTime }) => ({ seq, logTime }))).toEqual(appended)
      expect(
        read.every((message, index) => Buffer.compare(message.chunk, chunks[index] as Buffer) === 0),
      ).toBe(true)
    })

    it('gives back messages of which a view keeps no more in memory than the message', async () => {
      for (let index = 0; index < 3; index++) await log.append(last, Buffer.alloc(70_000, index))
      for (const { chunk: read } of await log.read(last, 0, EVERYTHING))
        expect(read.buffer.byteLength).toBeLessThan(read.length * 1.1)
    })

    it('keeps the order of calls, also of calls that do not wait for each other', async () => {
      const names = Array.from({ length: 200 }, (_, index) => `m${index}`)
      const appended = await Promise.all(names.map((text) => log.append(last, chunk(text))))
      const rising = appended.every(
        ({ seq }, index) => index === 0 || seq > (appended[index - 1] as Appended).seq,
      )
      expect(rising).toBe(true)
      expect((appended[0] as Appended).seq).toBeGreaterThanOrEqual(1)
      expect(await texts(log, last)).toEqual(names)
    })

    it('reads after a sequence, and not more than it is allowed to', async () => {
      const seqs: number[] = []
      for (const text of ['aaaa', 'bbbb', 'cccc']) seqs.push((await log.append(last, chunk(text))).seq)
      expect(await texts(log, last, seqs[0])).toEqual(['bbbb', 'cccc'])
      expect(await texts(log, last, seqs[2])).toEqual([])
      expect(await log.read(last, 0, { maxBytes: 2 ** 30, maxMessages: 2 })).toHaveLength(2)
      expect(await log.read(last, 0, { maxBytes: 8, maxMessages: 10 })).toHaveLength(2)
      expect(await log.read(last, 0, { maxBytes: 1, maxMessages: 10 })).toHaveLength(1)
    })

    it('keeps a time per message that never falls, and tells the oldest one behind a sequence', async () => {
      const appended: Appended[] = []
      for (let n = 0; n < 20; n++) appended.push(await log.append(last, chunk(`m${n}`)))
      const times = appended.map(({ logTime }) => logTime)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(await log.timeAfter(last, 0)).toBe(times[0])
      expect(await log.timeAfter(last, (appended[9] as Appended).seq)).toBe(times[10])
      expect(await log.timeAfter(last, (appended[19] as Appended).seq)).toBeNull()
    })

    it('never observes its end later than the time of a message that it did not see', async () => {
      const ends: { lastSeq: number; observedAt: number }[] = []
      const appended: Appended[] = []
      for (let round = 0; round < 60; round++) {
        const [one, end, two, other] = await Promise.all([
          log.append(last, chunk('x')),
          log.end(last),
          log.append(last, chunk('y')),
          log.end(last),
        ])
        ends.push(end, other)
        appended.push(one, two)
      }
      for (const { lastSeq, observedAt } of ends) {
        const unseen = appended.filter(({ seq }) => seq > lastSeq)
        expect(unseen.every(({ logTime }) => logTime >= observedAt)).toBe(true)
      }
      const final = await log.end(last)
      expect(final.lastSeq).toBe((appended.at(-1) as Appended).seq)
      expect(final.observedAt).toBeGreaterThanOrEqual((appended.at(-1) as Appended).logTime)
    })

    it('removes what is purged, twice as well as once, and nothing behind it', async () => {
      const seqs: number[] = []
      for (let n = 0; n < 400; n++) seqs.push((await log.append(last, chunk(`m${n}`))).seq)
      await log.purge(last, seqs[299] as number)
      await log.purge(last, seqs[299] as number)
      await log.purge(last, seqs[10] as number)
      expect((await texts(log, last))[0]).toBe('m300')
      expect(await texts(log, last)).toHaveLength(100)
      const after = await log.timeAfter(last, 0)
      expect(after).toBe((await log.read(last, 0, EVERYTHING))[0]?.logTime)
    })

    it('never gives a sequence or an earlier time again: not after a purge of everything, not after a restart', async () => {
      const before = await log.append(last, chunk('gone'))
      await log.purge(last, before.seq)
      log = await opened.reopen()
      expect(await texts(log, last)).toEqual([])
      expect((await log.end(last)).lastSeq).toBe(before.seq)
      const after = await log.append(last, chunk('next'))
      expect(after.seq).toBeGreaterThan(before.seq)
      expect(after.logTime).toBeGreaterThanOrEqual(before.logTime)
    })

    it('keeps everything over a restart', async () => {
      for (let n = 0; n < 10; n++) await log.append(last, chunk(`m${n}`))
      const before = await log.read(last, 0, EVERYTHING)
      log = await opened.reopen()
      expect(await log.read(last, 0, EVERYTHING)).toEqual(before)
      expect((await log.end(last)).lastSeq).toBe(before.at(-1)?.seq)
    })

    it('wakes who waits for a message', async () => {
      const { lastSeq } = await log.end(last)
      const waiting = log.wait(last, lastSeq, 20_000)
      const { seq } = await log.append(last, chunk('x'))
      await waiting
      expect(seq).toBeGreaterThan(lastSeq)
      await log.wait(last, lastSeq, 20_000)
    })

    it('stops to wait after the time it was given, and when it is told to', async () => {
      const { lastSeq } = await log.end(last)
      await log.wait(last, lastSeq, 5)
      const stop = new AbortController()
      const waiting = log.wait(last, lastSeq, 20_000, stop.signal)
      stop.abort()
      await waiting
      await log.wait(last, lastSeq, 20_000, stop.signal)
      expect((await log.end(last)).lastSeq).toBe(lastSeq)
    })

    it('keeps its partitions apart', async () => {
      for (let partition = 0; partition < log.partitions; partition++) {
        await log.append(partition, chunk(`of ${partition}`))
      }
      for (let partition = 0; partition < log.partitions; partition++) {
        expect(await texts(log, partition)).toEqual([`of ${partition}`])
      }
    })

    it('refuses appends above its cap with `full`, stores nothing of them, and accepts again after a purge', async () => {
      await opened.close()
      await openLog({ capBytes: 400_000 })
      const stored: Appended[] = []
      let refusal: unknown
      for (let n = 0; n < 200 && refusal === undefined; n++) {
        await log.append(last, Buffer.alloc(10_000, n)).then(
          (appended) => stored.push(appended),
          (error: unknown) => (refusal = error),
        )
      }
      expect(refusal).toMatchObject({ name: 'PipelineError', kind: 'full', store: 'log' })
      expect(stored.length).toBeGreaterThan(10)
      const { bytes, capBytes } = await log.usage()
      expect(bytes).toBeGreaterThanOrEqual(stored.length * 10_000)
      expect(bytes).toBeLessThanOrEqual(capBytes)
      expect(await log.read(last, 0, EVERYTHING)).toHaveLength(stored.length)

      await log.purge(last, (stored[stored.length >> 1] as Appended).seq)
      expect((await log.usage()).bytes).toBeLessThan(bytes)
      const next = await log.append(last, Buffer.alloc(10_000, 255))
      expect(next.seq).toBeGreaterThan((stored.at(-1) as Appended).seq)
    })
  })
}
