// Makes the log's streams, or brings them to the wanted size and number of copies. Nothing else makes or changes a stream.
import { jetstreamManager, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream'
import { PipelineError } from '../errors.ts'
import { connectNats } from './connect-nats.ts'
import { API_CODES, apiCode, mapNatsError } from './map-error.ts'
import { resolveLogOptions, type JetStreamLogOptions } from './options.ts'
import {
  CHANGEABLE,
  logStream,
  storedPartitions,
  unsafeSettings,
  wantedLetterStream,
  wantedLogStream,
} from './stream-config.ts'

export interface MigrateJetStreamOptions extends JetStreamLogOptions {
  /** Cap of the dead letters' bodies. Unit: bytes. */
  letterBytes: number
}

/**
 * Idempotent; several processes may start at once. The account needs the right to make streams.
 * @throws PipelineError `rejected` when the log was made with another number of partitions or a stream is not safe to use
 * (nothing was changed then), `full` when the server has no room for the caps, `unavailable`.
 */
export async function migrateJetStream(options: MigrateJetStreamOptions): Promise<void> {
  const resolved = resolveLogOptions(options)
  const nats = await connectNats(options)
  try {
    const manager = await jetstreamManager(nats.connection, { timeout: resolved.requestTimeoutMs })
    await refuseOtherPartitions(manager, resolved.name, resolved.partitions)
    const { name, replicas } = resolved
    await bring(manager, wantedLetterStream(name, options.letterBytes, replicas))
    for (let partition = 0; partition < resolved.partitions; partition++) {
      await bring(manager, wantedLogStream(resolved, partition))
    }
  } catch (error) {
    throw mapNatsError(error, true)
  } finally {
    await nats.close()
  }
}

/** The stream as the server has it, or null. */
export async function streamInfo(manager: JetStreamManager, stream: string): Promise<StreamInfo | null> {
  return manager.streams.info(stream).catch((error: unknown) => {
    if (apiCode(error) === API_CODES.streamNotFound) return null
    throw error
  })
}

async function refuseOtherPartitions(
  manager: JetStreamManager,
  name: string,
  partitions: number,
): Promise<void> {
  const first = await streamInfo(manager, logStream(name, 0))
  if (first === null) return
  const stored = storedPartitions(first.config)
  if (stored !== partitions) throw otherPartitions(stored, partitions)
}

export const otherPartitions = (stored: number | null, wanted: number): PipelineError =>
  new PipelineError(
    'rejected',
    'log',
    stored === null
      ? 'The stream of partition 0 was not made by Penstock.'
      : `The log was made with ${stored} partitions, not ${wanted}; the number cannot be changed while it is in use.`,
  )

async function bring(manager: JetStreamManager, wanted: ReturnType<typeof wantedLogStream>): Promise<void> {
  const found = await streamInfo(manager, wanted.name)
  if (found === null) await manager.streams.add(wanted)
  else {
    const problems = unsafeSettings({ ...found.config, ...pickChangeable(wanted) }, wanted)
    if (problems.length > 0) throw unsafe(wanted.name, problems)
    const differs = unsafeSettings(found.config, wanted).length > 0
    if (differs) await manager.streams.update(wanted.name, { ...found.config, ...pickChangeable(wanted) })
  }
  const made = await manager.streams.info(wanted.name)
  const problems = unsafeSettings(made.config, wanted)
  if (problems.length > 0) throw unsafe(wanted.name, problems)
}

export const unsafe = (stream: string, problems: readonly string[]): PipelineError =>
  new PipelineError('rejected', 'log', `Stream ${stream} is not safe to use: ${problems.join('; ')}.`)

const isChangeable = (key: string): boolean => (CHANGEABLE as readonly string[]).includes(key)
const pickChangeable = (config: object): object =>
  Object.fromEntries(Object.entries(config).filter(([key]) => isChangeable(key)))
