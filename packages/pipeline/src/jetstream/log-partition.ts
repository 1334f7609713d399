// One partition of the log: its stream, read by sequence and without gaps.
// Guarantees: every message after a position comes, in order, or an error; a hole in the stream, or a stream that ends before a
// position that was read already, is damage and reported, never skipped.
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream'
import { PipelineError } from '../errors.ts'
import type { LogEnd, LogMessage, ReadLimits } from '../ports/event-log.ts'
import { ask } from './ask.ts'
import type { Nats } from './connect-nats.ts'
import { readDirect, type DirectMessage } from './direct-read.ts'
import { createMessageTimes, type MessageTimes } from './message-time.ts'
import { openPartitionFeed, type PartitionFeed } from './partition-feed.ts'

const MESSAGES_PER_REQUEST = 1_000
/** Far below what the server keeps for a connection that reads slowly (64 MiB). */
const BYTES_PER_REQUEST = 16 * 1_048_576
/** The server counts subject and headers, the port's limit does not. */
const MESSAGE_OVERHEAD_BYTES = 160
/** How far back a floor can be behind: messages of one partition that were under way at once. */
const MESSAGES_BEFORE = 16
/** An announcement that was lost is found out after that time. */
const WAIT_SLICE_MS = 1_000
/**
 * The server looks at its end and at its clock one after the other, and stamps a message a moment before it stands in the
 * stream: what it says of its end is taken for that much older.
 */
const END_MARGIN_MS = 100

export interface LogPartition {
  readonly times: MessageTimes
  /** Made at the first call: what it needs to know of the log's end is known when this resolves. */
  feed(): Promise<PartitionFeed>
  info(): Promise<StreamInfo>
  read(afterSeq: number, limits: ReadLimits): Promise<LogMessage[]>
  wait(afterSeq: number, timeoutMs: number, signal?: AbortSignal): Promise<void>
  end(): Promise<LogEnd>
  timeAfter(afterSeq: number): Promise<number | null>
  purge(throughSeq: number): Promise<void>
  close(): void
}

export interface PartitionDeps {
  nats: Nats
  manager: JetStreamManager
  stream: string
  /** Subject of the server's announcements. */
  announcements: string
  requestTimeoutMs: number
}

export function createLogPartition(deps: PartitionDeps): LogPartition {
  const { nats, manager, stream, requestTimeoutMs } = deps
  const times = createMessageTimes()
  let opening: Promise<PartitionFeed> | null = null
  let feed: PartitionFeed | null = null

  const asked = <T>(question: () => Promise<T>): Promise<T> => ask(nats, requestTimeoutMs, question)
  const direct = (seq: number, maxMessages: number, maxBytes: number): Promise<DirectMessage[]> =>
    asked(() => readDirect(nats.connection, { stream, seq, maxMessages, maxBytes }, requestTimeoutMs))
  const info = (): Promise<StreamInfo> => asked(() => manager.streams.info(stream))

  /** Makes the log time of `seq` known, if there is a message of that sequence. */
  async function learn(seq: number): Promise<void> {
    if (seq <= 0 || times.timeOf(seq) !== null) return
    const before = await direct(Math.max(1, seq - MESSAGES_BEFORE + 1), MESSAGES_BEFORE, BYTES_PER_REQUEST)
    let time = 0
    for (const message of before.filter((one) => one.seq <= seq)) {
      time = Math.max(time, message.ownTime, times.timeOf(message.seq - 1) ?? 0)
      times.settle(message.seq, time)
    }
  }

  async function openFeed(): Promise<PartitionFeed> {
    const opened = openPartitionFeed(nats, deps.announcements, times)
    try {
      await asked(() => nats.connection.flush())
      const { state } = await info()
      await learn(state.last_seq)
      // Everything was purged: the stream still knows when its last message came.
      if (state.last_seq > 0 && times.timeOf(state.last_seq) === null) {
        times.settle(state.last_seq, Date.parse(state.last_ts))
      }
      return (feed = opened)
    } catch (error) {
      opened.close()
      opening = null
      throw error
    }
  }

  async function refuseHole(from: number, found: number): Promise<void> {
    const { state } = await info()
    if (state.first_seq < found) {
      throw new PipelineError('corrupt', 'log', `messages ${from} to ${found - 1} of ${stream} are missing`)
    }
  }

  async function refuseShortLog(afterSeq: number): Promise<void> {
    const { state } = await info()
    if (state.last_seq < afterSeq) {
      const lost = `${stream} ends at ${state.last_seq}, and ${afterSeq} was read before`
      throw new PipelineError('corrupt', 'log', `${lost}: its server lost what it had acknowledged`)
    }
  }

  async function read(afterSeq: number, limits: ReadLimits): Promise<LogMessage[]> {
    await learn(afterSeq)
    const found: LogMessage[] = []
    let bytes = 0
    for (let next = afterSeq + 1; found.length < limits.maxMessages;) {
      const count = Math.min(limits.maxMessages - found.length, MESSAGES_PER_REQUEST)
      const room = limits.maxBytes - bytes + count * MESSAGE_OVERHEAD_BYTES
      const messages = await direct(next, count, Math.min(room, BYTES_PER_REQUEST))
      for (const { seq, ownTime, chunk } of messages) {
        if (seq !== next) await refuseHole(next, seq)
        bytes += chunk.length
        if (bytes > limits.maxBytes && found.length > 0) return found
        times.note(seq, ownTime)
        let logTime = times.timeOf(seq)
        if (logTime === null) times.settle(seq, (logTime = ownTime))
        found.push({ seq, logTime, chunk })
        next = seq + 1
      }
      if (messages.length === 0) break
      if (bytes >= limits.maxBytes) break
    }
    if (found.length === 0 && afterSeq > 0) await refuseShortLog(afterSeq)
    return found
  }

  return {
    times,
    feed: () => (opening ??= openFeed()),
    info,
    read,

    async wait(afterSeq, timeoutMs, signal) {
      const until = performance.now() + timeoutMs
      try {
        const announcements = await (opening ??= openFeed())
        for (;;) {
          const left = until - performance.now()
          if (times.lastSeq() > afterSeq || left <= 0 || signal?.aborted === true) return
          await announcements.announced(afterSeq + 1, Math.min(left, WAIT_SLICE_MS), signal)
          if (times.lastSeq() > afterSeq || performance.now() >= until) return
          const { state } = await info()
          if (state.last_seq > afterSeq) return
        }
      } catch {
        // The server is away: a pause, so that whoever waits in a loop does not spin.
        await pause(Math.min(until - performance.now(), WAIT_SLICE_MS), signal)
      }
    },

    async end() {
      const answer = await info()
      const observed = Date.parse((answer as StreamInfo & { ts: string }).ts) - END_MARGIN_MS
      const { last_seq: lastSeq, last_ts: lastTime } = answer.state
      const last = lastSeq === 0 ? 0 : Math.max(Date.parse(lastTime), times.timeOf(lastSeq) ?? 0)
      return { lastSeq, observedAt: Math.max(observed, last) }
    },

    async timeAfter(afterSeq) {
      const { state } = await info()
      const first = Math.max(afterSeq + 1, state.first_seq)
      if (state.messages === 0 || first > state.last_seq) return null
      const known = times.timeOf(first)
      if (known !== null) return known
      const [message] = await read(first - 1, { maxBytes: 1, maxMessages: 1 })
      return message?.logTime ?? null
    },

    async purge(throughSeq) {
      const { state } = await info()
      // A purge beyond the end would raise the stream's next sequence.
      const through = Math.min(throughSeq, state.last_seq)
      if (state.messages === 0 || through < state.first_seq) return
      await learn(state.last_seq) // its time must be known when its message is gone
      await asked(() => manager.streams.purge(stream, { seq: through + 1 }))
    },

    close() {
      feed?.close()
    },
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
