// The flags of `penstock load` as numbers, checked.
import { LIMITS } from '@penstock/contract'
import { parseTimestamp } from '@penstock/pipeline'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'
import { readCount } from '../terminal/read-count.ts'
import type { LoadFlags } from './command.ts'

export interface LoadOptions {
  /** Name of the run; part of every id of a person. */
  run: string
  seed: string
  /** Ms since 1970: the end of the time that the visits are spread over. */
  start: number
  days: number
  rate: number
  durationMs: number | null
  events: number
  concurrency: number
  batch: number
  duplicates: number
  gzip: boolean
  verify: boolean
}

/** `fallback` is used where nothing is said: now, and a seed of chance. Throws `CommandError` (64). */
export function readLoadOptions(flags: LoadFlags, fallback: { now: number; seed: string }): LoadOptions {
  const seed = flags.seed ?? fallback.seed
  const start = flags.start === undefined ? fallback.now : parseTimestamp(flags.start)
  if (start === null) {
    throw new CommandError(
      EXIT.usage,
      `--start ${String(flags.start)} is no time`,
      'It looks like 2026-11-22T10:00:00Z.',
    )
  }
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(seed)) {
    throw new CommandError(EXIT.usage, '--seed must be 1 to 40 letters, digits, _ or -')
  }
  return {
    seed,
    run: `load-${seed}-${start.toString(36)}`,
    start,
    days: readCount('--days', flags.days, { min: 1, max: 29 }),
    rate: readCount('--rate', flags.rate, { min: 0, max: 1_000_000, fraction: true }),
    durationMs:
      flags.events === undefined
        ? readCount('--duration', flags.duration, { min: 0.1, max: 86_400, fraction: true }) * 1000
        : null,
    events:
      flags.events === undefined
        ? Number.POSITIVE_INFINITY
        : readCount('--events', flags.events, { min: 1, max: 1_000_000_000 }),
    concurrency: readCount('--concurrency', flags.concurrency, { min: 1, max: 256 }),
    batch: readCount('--batch', flags.batch, { min: 1, max: LIMITS.maxEventsPerRequest }),
    duplicates: readCount('--duplicates', flags.duplicates, { min: 0, max: 0.9, fraction: true }),
    gzip: flags.gzip,
    verify: flags.verify,
  }
}
