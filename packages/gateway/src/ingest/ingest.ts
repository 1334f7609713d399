// The ingest core: from a body as it was sent to durable events and an answer. Owns the order of the steps; knows nothing of
// HTTP. Everything between decompression and the group commit is synchronous, so one set of buffers serves every request.
// Guarantee: an accepted event is durable before the outcome says so; bad input and a failing log are outcomes, not throws.
import { isUtf8 } from 'node:buffer'
import { LIMITS } from '@penstock/contract'
import type { EventLog, Failpoint } from '@penstock/pipeline'
import { createAdmission } from './admission.ts'
import { type Account, countsByType, createAnswer } from './answer.ts'
import { createBatch } from './batch.ts'
import { bodyEncoding, bodyFormat } from './body-encoding.ts'
import { createEnqueue } from './enqueue.ts'
import { createEventScan } from './event-scan.ts'
import { createGroupCommit } from './group-commit.ts'
import { type Inflated, inflateBody, statedSize } from './inflate-body.ts'
import type { Ingest, IngestOutcome, IngestRequest, ReplayInput, ReplayOutcome } from './outcome.ts'
import { type BodyFormat, readBody } from './read-body.ts'
import { readReplay } from './read-replay.ts'
import { notDurable, refusedBody } from './refused-requests.ts'

export interface IngestDeps {
  log: EventLog
  /** Wall clock, ms since 1970. */
  clock: () => number
  failpoint: Failpoint
  /** Told of every failed append, once per request that waited for it. */
  onStoreError?: (error: unknown) => void
}

export interface IngestOptions {
  /** Bound on the bytes of requests in flight, as sent and decoded together; past it requests are refused at once. */
  maxInflightBytes: number
  /** Always true in production; false only in the test that shows that it matters. */
  durableBefore202: boolean
}

export function createIngest(deps: IngestDeps, options: IngestOptions): Ingest {
  const commit = createGroupCommit(deps.log, deps.failpoint)
  const enqueue = createEnqueue(commit)
  const admission = createAdmission(options.maxInflightBytes)
  const answer = createAnswer()
  const scan = createEventScan()
  const batch = createBatch()
  const nothing = Buffer.alloc(0)

  async function ingest(request: IngestRequest): Promise<IngestOutcome> {
    const format = bodyFormat(request.contentType)
    if (format === null) return refusedBody('content_type_unsupported')
    const encoding = bodyEncoding(request.contentEncoding)
    if (encoding === null) return refusedBody('encoding_unsupported')
    const { body } = request
    if (body.length > LIMITS.maxBodyBytes) return refusedBody('body_too_large')
    if (body.length === 0) return refusedBody('body_empty')
    const stated = encoding === 'none' ? 0 : statedSize(body, encoding)
    let bytes = body.length + stated
    const refused = admission.enter(bytes)
    if (refused !== null) return refused
    try {
      if (encoding === 'none') return await take(request, format, body)
      const inflated = inflateBody(body, encoding, stated)
      const decoded: Inflated = inflated instanceof Promise ? await inflated : inflated
      if (typeof decoded === 'string') return refusedBody(decoded)
      // A body may be more than it stated. While it was inflated a stop may have begun: it is inside and may finish.
      const more = Math.max(0, decoded.length - stated)
      const full = admission.grow(more)
      if (full !== null) return full
      bytes += more
      return await take(request, format, decoded)
    } finally {
      admission.leave(bytes)
    }
  }

  function take(
    request: IngestRequest,
    format: BodyFormat,
    source: Buffer,
  ): Promise<IngestOutcome> | IngestOutcome {
    const receivedAt = deps.clock()
    if (!isUtf8(source)) return refusedBody('body_not_utf8')
    scan.bytes = source
    const unreadable = readBody(batch, scan, format)
    scan.bytes = nothing // keeps no body alive
    if (unreadable !== null) return refusedBody(unreadable)
    const { projectId, road, requestId } = request
    if (Number.isNaN(batch.sentAt)) batch.sentAt = request.sentAt ?? NaN
    const ticket = commit.open()
    const counts = enqueue(ticket, { batch, source, projectId, road, receivedAt })
    const { received, rejected, warnings } = batch
    const account: Account = {
      requestId,
      acceptedAt: receivedAt,
      received,
      accepted: received - rejected.length,
      acceptedByType: countsByType(counts),
      rejected,
      warnings,
    }
    if (account.accepted === 0) return answer(account)
    const durable = commit.durable(ticket).then(
      (logTime) => {
        account.acceptedAt = logTime
        return answer(account)
      },
      (error: unknown) => {
        deps.onStoreError?.(error)
        return notDurable(error)
      },
    )
    return options.durableBefore202 ? durable : answer(account)
  }

  async function replay(input: ReplayInput): Promise<ReplayOutcome> {
    const bytes = input.bytes.length
    const refused = admission.enter(bytes)
    if (refused !== null) return refused
    try {
      const read = readReplay(batch, scan, input)
      scan.bytes = nothing
      if (read.kind === 'refused') return read
      const ticket = commit.open()
      commit.add(ticket, read.event)
      await commit.durable(ticket)
      return { kind: 'appended' }
    } catch (error) {
      deps.onStoreError?.(error)
      return notDurable(error)
    } finally {
      admission.leave(bytes)
    }
  }

  return { ingest, replay, queueBytes: () => admission.bytes(), drain: () => admission.close() }
}
