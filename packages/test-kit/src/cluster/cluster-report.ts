// What a crash run of the services leaves behind, for machines (JSON) and for humans (a few lines).
import { percentile } from '../crash/torture-report.ts'
import type { Verdict } from '../crash/checker.ts'
import type { FreshnessFigures } from './freshness-watch.ts'
import type { StoppedWorker } from './stopped-worker.ts'

export interface ClusterTortureReport {
  /** No fault, no surprise, every wanted step died at. */
  clean: boolean
  seed: number
  seconds: number
  kills: {
    total: number
    /** By what was killed; those at a step are not among them. */
    ofEach: Readonly<Record<string, number>>
    atStep: Readonly<Record<string, number>>
  }
  /** Steps that a round wanted to die at, but that were not passed in time. */
  notReached: readonly string[]
  /** Servers that stayed down for a while. */
  outages: readonly string[]
  /** Workers that were stopped past their lease. */
  stops: readonly StoppedWorker[]
  /** From the moment that what was hit ran again until every service was ready. Unit: milliseconds. */
  ready: Readonly<Record<string, { p50: number; max: number }>>
  /** From the same moment until answers were fresh. Unit: milliseconds. */
  fresh: Readonly<Record<string, FreshnessFigures>>
  events: { created: number; entriesSent: number; bodies: number; perSecond: number }
  /** From the moment that all were ready after the last hit until everything accepted was in the answers. */
  catchUpMs: number
  surprises: readonly string[]
  verdict: Verdict
}

/** One screen for a terminal. */
export function describeClusterReport(report: ClusterTortureReport): string {
  const { kills, events, verdict } = report
  const counts = Object.entries(kills.ofEach).map(([victim, count]) => `${victim} ${count}`)
  const steps = Object.values(kills.atStep).reduce((left, right) => left + right, 0)
  return [
    `${report.clean ? 'CLEAN' : 'RED'}  seed ${report.seed}, ${report.seconds} s`,
    `kills     ${kills.total}: ${counts.join(', ')}, ${steps} at ${Object.keys(kills.atStep).length} steps; down for a while: ${report.outages.join(', ') || 'none'}`,
    ...report.stops.map(
      ({ insertHeld, inserts, stoppedMs }) =>
        `stopped   a worker for ${stoppedMs} ms${insertHeld ? ' with an insert on its way' : ''}; ${inserts} inserts by others`,
    ),
    `ready     ${Object.entries(report.ready)
      .filter(([kind]) => kind in kills.ofEach)
      .map(([kind, { p50, max }]) => `${kind} ${p50}/${max}`)
      .join(', ')} ms after it was back (p50/max)`,
    `fresh     ${Object.entries(report.fresh)
      .filter(([kind]) => kind in kills.ofEach || kind.startsWith('outage'))
      .map(
        ([kind, { measured, p50, max, cutShort }]) =>
          `${kind} ${p50}/${max} of ${measured} (${cutShort} cut short)`,
      )
      .join(', ')} ms (p50/max)`,
    `events    ${events.created} created, ${events.entriesSent} entries in ${events.bodies} bodies, ${events.perSecond}/s; caught up in ${report.catchUpMs} ms`,
    `verdict   ok ${verdict.ok} · lost ${verdict.lost} · duplicated ${verdict.duplicated} · phantom ${verdict.phantom} · corrupted ${verdict.corrupted} · unknown ${verdict.unknown}`,
    `          ${verdict.rows} rows, ${verdict.letters} dead letters, ${verdict.receiptsAsked} receipts compared`,
    ...report.notReached.map((name) => `never died at ${name}`),
    ...report.surprises.map((text) => `surprise: ${text}`),
    ...verdict.examples.map((example) => `${example.fault} ${example.eventId}: ${example.detail}`),
  ].join('\n')
}

/** Median and longest of each. */
export const summaries = (
  times: Readonly<Record<string, readonly number[]>>,
): Record<string, { p50: number; max: number }> =>
  Object.fromEntries(
    Object.entries(times).map(([kind, values]) => [
      kind,
      { p50: percentile(values, 0.5), max: percentile(values, 1) },
    ]),
  )
