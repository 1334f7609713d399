// `penstock import FILE`: reads, maps, sends with several requests at once, remembers, reports.
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { resolveTarget, type Target } from '../server-api/target.ts'
import { waitUntilAnswered } from '../server-api/wait-until-answered.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { readCount } from '../terminal/read-count.ts'
import { toBatches } from './batches.ts'
import { type Checkpoint, type Progress, addRefused, noProgress, openCheckpoint } from './checkpoint.ts'
import type { ImportFlags } from './command.ts'
import { type EncodedRow, encodeRow, type RefusedLine } from './encode-row.ts'
import { createLineIds } from './event-id.ts'
import { type Mapping, readMapping, withColumnsOfFile } from './mapping.ts'
import { createInOrder } from './in-order.ts'
import { inParallel } from './in-parallel.ts'
import { createProgressView } from './progress-view.ts'
import { type FileFormat, type OpenedFile, fileFormat, openFile } from './read-rows.ts'
import { createBatchSender } from './send-batch.ts'
import { printSummary } from './summary.ts'

const SAVE_INTERVAL_MS = 500
const ANSWER_TIMEOUT_MS = 120_000

interface Job {
  file: string
  format: FileFormat
  mapping: Mapping
  target: Target
  sourceName: string
  concurrency: number
}

export async function runImport(file: string, flags: ImportFlags): Promise<ExitCode> {
  if (!existsSync(file)) throw new CommandError(EXIT.usage, `there is no file ${file}`)
  const job: Job = {
    file,
    format: fileFormat(file, flags.format),
    mapping: readMapping(flags),
    target: resolveTarget(flags),
    sourceName: flags.sourceName ?? basename(file),
    concurrency: readCount('--concurrency', flags.concurrency, { min: 1, max: 16 }),
  }
  const { url, project } = job.target
  const checkpoint = openCheckpoint(file, [url, project, job.sourceName, job.format, job.mapping])
  const progress = (flags.resume ? checkpoint.load() : null) ?? noProgress()
  const started = performance.now()
  const { lastAcceptedAt, resumedAt, retries } = await sendFile(job, progress, checkpoint)
  checkpoint.remove()
  const tookMs = performance.now() - started
  if (flags.rejects !== undefined) {
    writeFileSync(flags.rejects, progress.refused.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
  let answered: boolean | null = null
  if (flags.wait && lastAcceptedAt !== null) {
    answered = await waitUntilAnswered(job.target, job.target.adminKey, lastAcceptedAt, ANSWER_TIMEOUT_MS)
  }
  printSummary({ ...progress, resumedAt, retries, tookMs, answered }, flags.json === true)
  return progress.refusedCount > 0 || answered === false ? EXIT.negative : EXIT.ok
}

async function sendFile(
  job: Job,
  progress: Progress,
  checkpoint: Checkpoint,
): Promise<{ lastAcceptedAt: string | null; resumedAt: number; retries: number }> {
  const resumedAt = progress.rows
  const sender = createBatchSender({
    url: `${job.target.url}/v1/import?project=${encodeURIComponent(job.target.project)}`,
    adminKey: job.target.adminKey,
    sleep,
    random: Math.random,
  })
  const opened = openFile(job.file, job.format)
  const view = createProgressView(statSync(job.file).size)
  let lastAcceptedAt: string | null = null
  let savedAt = 0
  // Only what has no gap before it is remembered: a resumed run sends everything behind it again, and counts it then.
  const settled = createInOrder<Settled>(resumedAt, ({ accepted, refused }, through) => {
    progress.accepted += accepted
    progress.rows = through
    addRefused(progress, refused)
    if (performance.now() - savedAt < SAVE_INTERVAL_MS) return
    savedAt = performance.now()
    checkpoint.save(progress)
  })
  try {
    await inParallel(
      toBatches(encodeRows(job, opened, resumedAt), resumedAt),
      job.concurrency,
      async (batch) => {
        const { accepted, refused, acceptedAt } = await sender.send(batch.lines, batch.events)
        if (acceptedAt !== null && (lastAcceptedAt === null || acceptedAt > lastAcceptedAt))
          lastAcceptedAt = acceptedAt
        const inLineOrder = [...batch.refused, ...refused].sort((a, b) => a.line - b.line)
        settled.add(batch.afterRow, batch.throughRow, { accepted, refused: inLineOrder })
        view.update(opened.bytesRead(), progress.accepted, progress.refusedCount)
      },
    )
  } finally {
    view.stop()
    checkpoint.save(progress)
  }
  return { lastAcceptedAt, resumedAt, retries: sender.retries() }
}

interface Settled {
  accepted: number
  refused: readonly RefusedLine[]
}

async function* encodeRows(job: Job, opened: OpenedFile, skip: number): AsyncGenerator<EncodedRow> {
  const { format, target } = job
  const ids = createLineIds(target.project, job.sourceName)
  let mapping: Mapping | null = format === 'csv' ? null : job.mapping
  let row = 0
  for await (const item of opened.rows) {
    if (mapping === null && item.fields !== null)
      mapping = withColumnsOfFile(job.mapping, Object.keys(item.fields))
    const lineId = ids.next(item.content) // also for rows that are skipped: the ordinals must stay what they were
    row += 1
    if (row > skip)
      yield encodeRow(item, { format, mapping: mapping ?? job.mapping, project: target.project, lineId })
  }
}
