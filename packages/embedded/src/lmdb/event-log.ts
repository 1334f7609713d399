// The embedded event log: one partition in an LMDB environment of its own, apart from the worker's state, because an
// environment has one writer at a time and a POST must not wait for the worker's transaction.
// Sequences are contiguous, so a hole between tail and head is damage and is reported, never skipped.
import { PipelineError, type EventLog, type LogMessage } from '@penstock/pipeline'
import { LOG_RESERVE_BYTES } from './disk-room.ts'
import { createLogAppender } from './log-appender.ts'
import { createLogClock, createLogWake } from './log-clock.ts'
import { HEAD_KEY, TAIL_KEY, openLogEnvironment } from './log-environment.ts'
import {
  chunkBytesOf,
  decodeHead,
  decodeMessage,
  decodeTail,
  encodeTail,
  messageKey,
  storedBytes,
} from './log-record.ts'
import { mapLmdbError } from './map-error.ts'

// One purge transaction: small enough that an append waits a millisecond or two for it.
const PURGE_MESSAGES = 128
const PURGE_PAUSE_MS = 1

export interface LmdbEventLogOptions {
  /** Directory of the environment; made when it is missing. Local disk only. */
  path: string
  /** Appends are refused with `full` above this. Unit: stored bytes (whole pages). */
  capBytes: number
  /** The embedded log has one. */
  partitions?: 1
  /** Wall clock, ms since 1970. @defaultValue `Date.now` */
  clock?: () => number
  /**
   * Memory that all handles of this log in one process share, from `createLogWake()`. Without it this must be the only
   * handle. @defaultValue memory of its own
   */
  wake?: SharedArrayBuffer
  /**
   * Appends are refused with `full` while less than this is free on the disk. Unit: bytes.
   * @defaultValue `LOG_RESERVE_BYTES` (128 MiB)
   */
  reserveBytes?: number
}

/** @throws PipelineError `rejected`, `corrupt`, `full`, `unavailable`; RangeError for a `wake` that is too small. */
// eslint-disable-next-line @typescript-eslint/require-await -- opening is synchronous in LMDB, and need not stay so
export async function createLmdbEventLog(options: LmdbEventLogOptions): Promise<EventLog> {
  const { capBytes, partitions = 1, reserveBytes = LOG_RESERVE_BYTES } = options
  const clock = createLogClock(options.wake ?? createLogWake(), options.clock ?? Date.now)
  const environment = openLogEnvironment(options.path, capBytes, partitions)
  const { root, messages, meta } = environment
  const appender = createLogAppender(environment, clock, { capBytes, reserveBytes })
  let closing: Promise<void> | null = null
  let oldest = { seq: 0, logTime: 0 }

  const readHead = () => decodeHead(meta.get(HEAD_KEY) ?? Buffer.alloc(0))
  const readTail = () => decodeTail(meta.get(TAIL_KEY))
  const messageAt = (seq: number) => {
    const value = messages.get(messageKey(seq))
    if (value === undefined) throw new PipelineError('corrupt', 'log', `message ${seq} of the log is missing`)
    return decodeMessage(seq, value)
  }
  /** Runs a read on the newest snapshot; everything in it sees the same one. */
  // eslint-disable-next-line @typescript-eslint/require-await -- a thrown error must become a rejection
  const reading = async <T>(partition: number, read: () => T): Promise<T> => {
    if (partition !== 0) throw new PipelineError('rejected', 'log', `the log has no partition ${partition}`)
    if (closing !== null) throw new PipelineError('unavailable', 'log', 'the log is closed')
    try {
      root.resetReadTxn()
      return read()
    } catch (error) {
      throw mapLmdbError(error, 'log', options.path)
    }
  }

  const purgeSome = (throughSeq: number): boolean =>
    root.transactionSync(() => {
      const tail = readTail()
      const through = Math.min(throughSeq, readHead().lastSeq, tail.purgedThrough + PURGE_MESSAGES)
      let { purgedBytes } = tail
      for (let seq = tail.purgedThrough + 1; seq <= through; seq++) {
        const value = messages.getBinaryFast(messageKey(seq))
        if (value === undefined) continue
        purgedBytes += storedBytes(chunkBytesOf(value))
        messages.removeSync(messageKey(seq))
      }
      if (through > tail.purgedThrough) {
        meta.putSync(TAIL_KEY, encodeTail({ purgedThrough: through, purgedBytes }), 0)
      }
      return through < Math.min(throughSeq, readHead().lastSeq)
    })

  return {
    partitions,
    append: (partition, chunk) =>
      partition === 0
        ? appender.append(chunk)
        : Promise.reject(new PipelineError('rejected', 'log', `the log has no partition ${partition}`)),

    read: (partition, afterSeq, limits) =>
      reading(partition, () => {
        const { lastSeq } = readHead()
        const found: LogMessage[] = []
        let bytes = 0
        for (let seq = Math.max(afterSeq, readTail().purgedThrough) + 1; seq <= lastSeq; seq++) {
          if (found.length >= Math.max(1, limits.maxMessages)) break
          const { logTime, chunk } = messageAt(seq)
          bytes += chunk.length
          if (found.length > 0 && bytes > limits.maxBytes) break
          found.push({ seq, logTime, chunk })
        }
        return found
      }),

    wait: async (partition, afterSeq, timeoutMs, signal) => {
      const ticket = clock.ticket()
      const ready = await reading(partition, () => readHead().lastSeq > afterSeq).catch(() => false)
      if (ready || signal?.aborted === true) return
      await new Promise<void>((resolve) => {
        // The timer keeps the process alive while somebody waits; waitAsync alone does not.
        const timer = setTimeout(done, timeoutMs)
        function done() {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
        signal?.addEventListener('abort', done, { once: true })
        void clock.sleep(ticket, timeoutMs).then(done)
      })
    },

    end: async (partition) => {
      // The promise about time comes first, then the look at the end, on a snapshot that is not older.
      const observedAt = clock.observe(await reading(partition, () => readHead().lastLogTime))
      return { lastSeq: await reading(partition, () => readHead().lastSeq), observedAt }
    },

    timeAfter: (partition, afterSeq) =>
      reading(partition, () => {
        const seq = Math.max(afterSeq, readTail().purgedThrough) + 1
        if (seq > readHead().lastSeq) return null
        // Asked again and again while the worker is behind; a message of half a megabyte is read once for it.
        if (oldest.seq !== seq) oldest = { seq, logTime: messageAt(seq).logTime }
        return oldest.logTime
      }),

    purge: async (partition, throughSeq) => {
      while (await reading(partition, () => purgeSome(throughSeq))) {
        await new Promise((resolve) => setTimeout(resolve, PURGE_PAUSE_MS))
      }
    },

    usage: () =>
      reading(0, () => ({
        bytes: readHead().appendedBytes - readTail().purgedBytes,
        capBytes,
      })),

    close: () =>
      (closing ??= appender.stop().then(async () => {
        clock.wake()
        await root.close()
      })),
  }
}
