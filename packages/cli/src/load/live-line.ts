// What one sees while it runs: throughput and latency of the last second, on one line of a terminal or a line now and then.
import type { Histogram } from 'hdr-histogram-js'
import type { Account } from './account.ts'

const TERMINAL_INTERVAL_MS = 1000
const PLAIN_INTERVAL_MS = 5000

export interface LiveLine {
  stop(): void
}

/** Latencies are microseconds. To standard error, so that the account can be piped. */
export function startLiveLine(account: Account, latency: Histogram): LiveLine {
  const terminal = process.stderr.isTTY
  const intervalMs = terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS
  let before = account.accepted
  const timer = setInterval(() => {
    const perSecond = ((account.accepted - before) / intervalMs) * 1000
    before = account.accepted
    const text = `${Math.round(perSecond)} events/s, ${account.accepted} accepted, ${latencyText(latency)}, ${account.failed} failed`
    process.stderr.write(terminal ? `\r\u001B[2K${text}` : `${text}\n`)
  }, intervalMs)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      if (terminal) process.stderr.write('\r\u001B[2K')
    },
  }
}

export const LATENCY_PERCENTILES = [50, 90, 99, 99.9] as const

export function latencyText(latency: Histogram): string {
  const parts = LATENCY_PERCENTILES.map((p) => `p${p} ${milliseconds(latency.getValueAtPercentile(p))}`)
  return `${parts.join(', ')} ms`
}

export const milliseconds = (microseconds: number): string => (microseconds / 1000).toFixed(1)
