// What an import ends with.
import type { Progress } from './checkpoint.ts'

const SHOWN_REFUSALS = 20

export interface ImportOutcome extends Progress {
  /** Rows that an earlier run had settled. */
  resumedAt: number
  retries: number
  tookMs: number
  /** Whether the answers include the events; null when nobody waited. */
  answered: boolean | null
}

export function printSummary(outcome: ImportOutcome, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(summaryFacts(outcome))}\n` : summaryText(outcome))
}

function summaryFacts({
  rows,
  accepted,
  refusedCount,
  refused,
  resumedAt,
  retries,
  tookMs,
  answered,
}: ImportOutcome) {
  return {
    lines: rows,
    accepted,
    refused: refusedCount,
    resumed_at: resumedAt,
    retries,
    took_ms: Math.round(tookMs),
    answered,
    refusals: refused,
  }
}

export function summaryText(outcome: ImportOutcome): string {
  const { rows, accepted, refusedCount, refused, resumedAt, retries, tookMs, answered } = outcome
  const seconds = tookMs / 1000
  const rate = Math.round((rows - resumedAt) / Math.max(seconds, 0.001))
  const lines = refused
    .slice(0, SHOWN_REFUSALS)
    .map(({ line, code, message }) => `  line ${line}: ${code}: ${message}`)
  if (refusedCount > lines.length)
    lines.push(`  … ${refusedCount - lines.length} more; --rejects FILE writes them to a file`)
  const notes = [
    `${rows} lines: ${accepted} accepted, ${refusedCount} refused (${seconds.toFixed(1)} s, ${rate} lines/s)`,
    ...(resumedAt > 0 ? [`${resumedAt} of them by an earlier run that was interrupted`] : []),
    ...(retries > 0 ? [`${retries} requests were repeated`] : []),
    ...lines,
    ...(answered === true ? ['every answer includes them now'] : []),
    ...(answered === false
      ? ['the answers do not include all of them yet: `penstock doctor` shows how far the worker is']
      : []),
  ]
  return `${notes.join('\n')}\n`
}
