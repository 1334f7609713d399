// The distributed event log: one JetStream stream per partition. An append is acknowledged by the server once it is stored:
// on one server with `sync_interval: always` that is synced to the disk, with three replicas it is on two of them. Which of the
// two holds cannot be asked over the protocol; docs/operations says how to set it up.
import { jetstreamManager, PubHeaders } from '@nats-io/jetstream'
import { PipelineError } from '../errors.ts'
import type { Appended, EventLog } from '../ports/event-log.ts'
import { connectNats, type Nats } from './connect-nats.ts'
import { createLogPartition, type LogPartition } from './log-partition.ts'
import { mapNatsError } from './map-error.ts'
import { FLOOR_HEADER } from './message-time.ts'
import { otherPartitions, streamInfo, unsafe } from './migrate-jetstream.ts'
import { resolveLogOptions, type JetStreamLogOptions, type ResolvedLogOptions } from './options.ts'
import { publish } from './publish.ts'
import { openStreamAnswers } from './stream-answers.ts'
import {
  eventSubject,
  logStream,
  storedPartitions,
  storedSubject,
  unsafeSettings,
  wantedLogStream,
} from './stream-config.ts'

/** The announcement of a message mostly comes before its acknowledgement. */
const ANNOUNCEMENT_WAIT_MS = 50

export interface JetStreamLog extends EventLog {
  readonly serverVersion: string
  /** Copies of every message. With 1, whether an acknowledged append survives a power cut is up to the server's `sync_interval`. */
  readonly replicas: number
}

/**
 * Opens a log that `migrateJetStream` made.
 * @throws PipelineError `rejected` when it was made with another number of partitions, when a stream could lose messages, or when
 * the server is too old; `unavailable` when there is no server or no log yet.
 */
export async function openJetStreamLog(options: JetStreamLogOptions): Promise<JetStreamLog> {
  const resolved = resolveLogOptions(options)
  const nats = await connectNats(options)
  try {
    return await openOn(nats, resolved)
  } catch (error) {
    await nats.close()
    throw mapNatsError(error, false)
  }
}

async function openOn(nats: Nats, options: ResolvedLogOptions): Promise<JetStreamLog> {
  const { name, requestTimeoutMs, publishDeadlineMs } = options
  const manager = await jetstreamManager(nats.connection, { timeout: requestTimeoutMs, checkAPI: false })
  const answers = openStreamAnswers(nats.connection)
  const partitions: LogPartition[] = []
  for (let partition = 0; partition < options.partitions; partition++) {
    const stream = logStream(name, partition)
    const found = await streamInfo(manager, stream)
    if (found === null)
      throw new PipelineError('unavailable', 'log', `Stream ${stream} is not there: migrate first.`)
    const stored = storedPartitions(found.config)
    if (stored !== options.partitions) throw otherPartitions(stored, options.partitions)
    // The cap is the migration's business: a log may be given more room while it is open.
    const wanted = { ...wantedLogStream(options, partition), max_bytes: found.config.max_bytes }
    const problems = unsafeSettings(found.config, wanted)
    if (found.config.max_bytes <= 0) problems.push('it has no byte cap')
    if (problems.length > 0) throw unsafe(stream, problems)
    const announcements = storedSubject(name, partition)
    partitions.push(createLogPartition({ nats, manager, stream, announcements, requestTimeoutMs }))
  }

  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | null = null

  function partitionAt(number: number): LogPartition {
    const partition = partitions[number]
    if (partition === undefined)
      throw new PipelineError('rejected', 'log', `the log has no partition ${number}`)
    if (closing !== null) throw new PipelineError('unavailable', 'log', 'the log is closed')
    return partition
  }

  async function append(number: number, chunk: Uint8Array): Promise<Appended> {
    const partition = partitionAt(number)
    const feed = await partition.feed()
    const seq = await publish(
      nats,
      answers,
      {
        subject: eventSubject(name, number),
        data: chunk,
        headers: {
          [FLOOR_HEADER]: String(partition.times.floor()),
          [PubHeaders.ExpectedStreamHdr]: logStream(name, number),
        },
      },
      publishDeadlineMs,
    )
    await feed.announced(seq, ANNOUNCEMENT_WAIT_MS)
    const logTime = partition.times.timeOf(seq) ?? (await readTime(partition, seq))
    return { seq, logTime }
  }

  const tracked = <T>(work: Promise<T>): Promise<T> => {
    running.add(work)
    const over = (): boolean => running.delete(work)
    work.then(over, over)
    return work
  }

  async function closeAll(): Promise<void> {
    await Promise.allSettled(running)
    for (const partition of partitions) partition.close()
    await nats.close()
  }

  return {
    partitions: options.partitions,
    replicas: options.replicas,
    get serverVersion() {
      return nats.serverVersion
    },
    append: (number, chunk) => tracked(append(number, chunk)),
    read: async (number, afterSeq, limits) => partitionAt(number).read(afterSeq, limits),
    async wait(number, afterSeq, timeoutMs, signal) {
      if (closing === null) await partitions[number]?.wait(afterSeq, timeoutMs, signal)
    },
    end: async (number) => partitionAt(number).end(),
    timeAfter: async (number, afterSeq) => partitionAt(number).timeAfter(afterSeq),
    purge: async (number, throughSeq) => partitionAt(number).purge(throughSeq),
    async usage() {
      const all = await Promise.all(partitions.map((_, number) => partitionAt(number).info()))
      return {
        bytes: all.reduce((sum, { state }) => sum + state.bytes, 0),
        capBytes: all.reduce((sum, { config }) => sum + config.max_bytes, 0),
      }
    },
    close: () => (closing ??= closeAll()),
  }
}

/** Of a message that was stored, whatever becomes of its announcement. */
async function readTime(partition: LogPartition, seq: number): Promise<number> {
  const [message] = await partition.read(seq - 1, { maxBytes: 1, maxMessages: 1 }).catch((error: unknown) => {
    throw new PipelineError('outcome_unknown', 'log', 'The message is stored, its time could not be read.', {
      cause: error,
    })
  })
  if (message?.seq === seq) return message.logTime
  // Purged already: whoever did that had counted it.
  return partition.times.floor()
}
