// Appends to the log: everything that waits while a commit is under way shares the next one. A commit is conditional on the
// head it was made from, so several handles may append, and sequences come from a durable record: none is ever reused.
import { PipelineError, type Appended } from '@penstock/pipeline'
import type { LogClock } from './log-clock.ts'
import { HEAD_KEY, TAIL_KEY, type LogEnvironment } from './log-environment.ts'
import {
  decodeHead,
  decodeTail,
  encodeHead,
  encodeMessage,
  messageKey,
  storedBytes,
  type LogHead,
} from './log-record.ts'
import { assertLogRoom } from './disk-room.ts'
import { commitFailure, mapLmdbError } from './map-error.ts'

/** A commit holds at least one chunk and otherwise not more than this. */
const MAX_COMMIT_BYTES = 16 * 2 ** 20
const TOUCH_KEY = Buffer.from('touch')
/** Room that a commit takes beside its messages: pages of the tree, copied and freed later. */
const SPARE_BYTES = 2 ** 20

interface Waiting {
  chunk: Uint8Array
  resolve: (appended: Appended) => void
  reject: (error: PipelineError) => void
}

export interface LogAppender {
  append(chunk: Uint8Array): Promise<Appended>
  /** Resolves when nothing is under way; later appends are refused with `unavailable`. */
  stop(): Promise<void>
}

export function createLogAppender(
  environment: LogEnvironment,
  clock: LogClock,
  options: { capBytes: number; reserveBytes: number },
): LogAppender {
  const { path, root, messages, meta } = environment
  let waiting: Waiting[] = []
  let running: Promise<void> | null = null
  let stopped = false

  const readHead = (): LogHead => {
    root.resetReadTxn()
    return decodeHead(meta.get(HEAD_KEY) ?? Buffer.alloc(0))
  }
  const readPurgedBytes = (): number => decodeTail(meta.get(TAIL_KEY)).purgedBytes

  /** Takes what fits into one commit and under the cap; refuses what does not fit under the cap. */
  const take = (usedBytes: number): Waiting[] => {
    const batch: Waiting[] = []
    let bytes = 0
    let taken = 0
    for (const item of waiting) {
      const size = storedBytes(item.chunk.length)
      if (batch.length > 0 && bytes + size > MAX_COMMIT_BYTES) break
      taken++
      if (usedBytes + bytes + size > options.capBytes) item.reject(capError(options.capBytes))
      else {
        batch.push(item)
        bytes += size
      }
    }
    waiting = waiting.slice(taken)
    return batch
  }

  const assertRoom = (batch: readonly Waiting[], usedBytes: number): void => {
    const neededBytes = batch.reduce((sum, { chunk }) => sum + storedBytes(chunk.length), SPARE_BYTES)
    assertLogRoom(path, options.reserveBytes, { neededBytes, usedBytes })
  }

  /** Returns null when somebody else appended in between. */
  const commit = async (head: LogHead, batch: readonly Waiting[]): Promise<Appended[] | null> => {
    const logTime = clock.begin(head.lastLogTime)
    try {
      let appendedBytes = head.appendedBytes
      let seq = head.lastSeq
      const written = await meta.ifVersion(HEAD_KEY, head.lastSeq, () => {
        for (const { chunk } of batch) {
          seq++
          shrug(messages.put(messageKey(seq), encodeMessage(seq, logTime, chunk)))
          appendedBytes += storedBytes(chunk.length)
        }
        const next = { partitions: head.partitions, lastSeq: seq, lastLogTime: logTime, appendedBytes }
        shrug(meta.put(HEAD_KEY, encodeHead(next), seq))
      })
      // Resolved = committed = synced: see log-environment.ts.
      return written ? batch.map((_, index) => ({ seq: head.lastSeq + 1 + index, logTime })) : null
    } finally {
      clock.landed()
    }
  }

  const commitUntilWritten = async (batch: readonly Waiting[]): Promise<Appended[]> => {
    for (;;) {
      const appended = await commit(readHead(), batch)
      if (appended !== null) return appended
    }
  }

  /** What a purge freed can be used from the next commit but one: on a full disk a tiny commit comes in between. */
  const commitInRoom = async (batch: readonly Waiting[]): Promise<Appended[]> => {
    try {
      return await commitUntilWritten(batch)
    } catch (error) {
      const failure = mapLmdbError(await commitFailure(error), 'log', path)
      if (failure.kind !== 'full') throw failure
      await meta.put(TOUCH_KEY, Buffer.of(0), 0)
      return await commitUntilWritten(batch)
    }
  }

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      let batch: Waiting[] = []
      try {
        const usedBytes = readHead().appendedBytes - readPurgedBytes()
        batch = take(usedBytes)
        if (batch.length === 0) continue
        assertRoom(batch, usedBytes)
        const appended = await commitInRoom(batch)
        clock.wake()
        batch.forEach((item, index) => item.resolve(appended[index] as Appended))
      } catch (error) {
        const failure = mapLmdbError(await commitFailure(error), 'log', path)
        // A head that cannot be read fails everybody who waits; a failed commit only those in it.
        for (const item of batch.length > 0 ? batch : waiting.splice(0)) item.reject(failure)
      }
    }
    // In the same turn as the look at `waiting`: an append after it must start a new run.
    running = null
  }

  return {
    append: (chunk) =>
      new Promise((resolve, reject) => {
        if (stopped) {
          reject(new PipelineError('unavailable', 'log', 'the log is closed'))
          return
        }
        waiting.push({ chunk, resolve, reject })
        // A microtask later, so that all appends of this turn share the first commit, too.
        running ??= Promise.resolve().then(run)
      }),
    stop: async () => {
      stopped = true
      await running
    },
  }
}

/** A failed commit rejects the promise of each put in it, too; unhandled, one of them would end the process. */
const shrug = (put: Promise<boolean>): void => void put.catch(() => false)

const capError = (capBytes: number): PipelineError =>
  new PipelineError(
    'full',
    'log',
    `the log holds its ${capBytes} bytes; it accepts more once the worker has caught up`,
  )
