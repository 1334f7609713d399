// What a run leaves behind, for machines (JSON) and for humans (a few lines).
import type { Verdict } from './checker.ts'

export interface TortureReport {
  /** No fault, no surprise, no end of its own, every wanted step died at. */
  clean: boolean
  seed: number
  seconds: number
  kills: { total: number; random: number; whileStarting: number; atStep: Record<string, number> }
  /** Steps that a round wanted to die at, but that were not passed in time (killed then). */
  notReached: string[]
  /** Steps that were wanted and never died at. */
  missingSteps: string[]
  /** Ends that nobody ordered, with the last lines of output. */
  ownEnds: string[]
  events: { created: number; entriesSent: number; sends: number; answeredSends: number; perSecond: number }
  readyMs: { starts: number; p50: number; p99: number; max: number }
  /** From the last start until everything accepted was in the answers. */
  catchUpMs: number
  peakRssBytes: number
  surprises: readonly string[]
  verdict: Verdict
}

/** The value below which this share of the sorted values lies; 0 when there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/** One screen for a terminal. */
export function describeReport(report: TortureReport): string {
  const { kills, events, readyMs, verdict } = report
  const lines = [
    `${report.clean ? 'CLEAN' : 'RED'}  seed ${report.seed}, ${report.seconds} s`,
    `kills     ${kills.total} (${kills.random} random, ${kills.whileStarting} while starting, ${sum(kills.atStep)} at ${Object.keys(kills.atStep).length} steps)`,
    `events    ${events.created} created, ${events.entriesSent} entries in ${events.sends} bodies, ${events.perSecond}/s`,
    `ready     p50 ${readyMs.p50} ms, p99 ${readyMs.p99} ms, max ${readyMs.max} ms over ${readyMs.starts} starts`,
    `memory    peak ${Math.round(report.peakRssBytes / 1_048_576)} MB; caught up ${report.catchUpMs} ms after the last start`,
    `verdict   ok ${verdict.ok} · lost ${verdict.lost} · duplicated ${verdict.duplicated} · phantom ${verdict.phantom} · corrupted ${verdict.corrupted} · unknown ${verdict.unknown}`,
    `          ${verdict.rows} rows, ${verdict.letters} dead letters, ${verdict.receiptsAsked} receipts compared`,
    ...report.missingSteps.map((name) => `never died at ${name}`),
    ...report.surprises.map((text) => `surprise: ${text}`),
    ...report.ownEnds.map((text) => `ended by itself: ${text}`),
    ...verdict.examples.map((example) => `${example.fault} ${example.eventId}: ${example.detail}`),
  ]
  return lines.join('\n')
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((left, right) => left + right, 0)
