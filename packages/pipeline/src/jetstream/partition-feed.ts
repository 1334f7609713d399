// What the server announces about one partition: sequence and time of each message it stored, without the message. Wakes who
// waits and spares a read after every append. Announcements may get lost (a broken connection), so nobody depends on them.
import type { Subscription } from '@nats-io/transport-node'
import type { Nats } from './connect-nats.ts'
import { ownTime } from './direct-read.ts'
import { readHeaders } from './header-text.ts'
import type { MessageTimes } from './message-time.ts'

export interface PartitionFeed {
  /** Resolves when a message at or after `seq` was announced, after this time, or when `signal` aborts. */
  announced(seq: number, timeoutMs: number, signal?: AbortSignal): Promise<void>
  close(): void
}

export function openPartitionFeed(nats: Nats, subject: string, times: MessageTimes): PartitionFeed {
  const waiting = new Map<() => void, number>()
  const subscription: Subscription = nats.connection.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return
      const header = readHeaders(message)
      times.note(Number(header('Nats-Sequence')), ownTime(header))
      for (const [wake, seq] of waiting) if (times.lastSeq() >= seq) wake()
    },
  })
  return {
    async announced(seq, timeoutMs, signal) {
      if (times.lastSeq() >= seq || signal?.aborted === true) return
      let wake: () => void = () => undefined
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => wake(), timeoutMs)
        wake = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', wake)
          waiting.delete(wake)
          resolve()
        }
        signal?.addEventListener('abort', wake)
        waiting.set(wake, seq)
      })
    },
    close() {
      subscription.unsubscribe()
      for (const wake of waiting.keys()) wake()
    },
  }
}
