// How the log's streams must be, as the server is told and as its answers are checked. Everything that could take an
// unprocessed message away is named here: age, count, roll-up, deletion, discarding old, memory storage, mirrors.
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { DUPLICATE_WINDOW_MS, type ResolvedLogOptions } from './options.ts'

const FORMAT = '1'
const PARTITIONS_KEY = 'penstock.partitions'
const FORMAT_KEY = 'penstock.format'

export const logStream = (name: string, partition: number): string => `${name}_${partition}`
export const eventSubject = (name: string, partition: number): string => `${name}.events.${partition}`
/** Where the server announces what it stored: headers only, no payload. */
export const storedSubject = (name: string, partition: number): string => `${name}.stored.${partition}`

type WantedConfig = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>

/** What every stream of ours has in common: nothing leaves it but by a purge of ours. */
function lastingStream(name: string, subject: string, maxBytes: number, replicas: number): WantedConfig {
  return {
    name,
    subjects: [subject],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_bytes: maxBytes,
    num_replicas: replicas,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    allow_direct: true,
    allow_rollup_hdrs: false,
    deny_delete: true,
    deny_purge: false, // the worker takes the head away
  }
}

export function wantedLogStream(options: ResolvedLogOptions, partition: number): WantedConfig {
  const { name, partitions, partitionBytes, replicas } = options
  const subject = eventSubject(name, partition)
  return {
    ...lastingStream(logStream(name, partition), subject, partitionBytes, replicas),
    republish: { src: subject, dest: storedSubject(name, partition), headers_only: true },
    metadata: { [PARTITIONS_KEY]: String(partitions), [FORMAT_KEY]: FORMAT },
  }
}

export const letterStream = (name: string): string => `${name}_dead_letters`
export const letterSubject = (name: string, id: string): string => `${name}.dead_letters.${id}`

export function wantedLetterStream(name: string, maxBytes: number, replicas: number): WantedConfig {
  return {
    ...lastingStream(letterStream(name), letterSubject(name, '*'), maxBytes, replicas),
    metadata: { [FORMAT_KEY]: FORMAT },
  }
}

/** Settings that a running log may be given anew by a migration. */
export const CHANGEABLE = ['max_bytes', 'num_replicas', 'duplicate_window', 'republish'] as const

/** The number of partitions that the log was made with; null when the stream is not of ours. */
export function storedPartitions(config: StreamConfig): number | null {
  const text = config.metadata?.[PARTITIONS_KEY]
  return text === undefined ? null : Number(text)
}

/** In words, one per setting that differs from what is wanted. Empty when the stream can be used. */
export function unsafeSettings(config: StreamConfig, wanted: WantedConfig): string[] {
  const problems: string[] = []
  const { metadata, ...settings } = wanted
  for (const [key, value] of Object.entries(settings)) {
    const found = (config as unknown as Record<string, unknown>)[key]
    if (!same(found, value)) problems.push(`${key} is ${text(found)}, not ${text(value)}`)
  }
  for (const [key, value] of Object.entries(metadata ?? {})) {
    const found = config.metadata?.[key]
    if (found !== value) problems.push(`metadata ${key} is ${text(found)}, not ${text(value)}`)
  }
  const unwanted = {
    mirror: 'a mirror',
    sources: 'sources',
    subject_transform: 'a subject transform',
  } as const
  for (const [key, what] of Object.entries(unwanted)) {
    if ((config as unknown as Record<string, unknown>)[key] != null) problems.push(`it has ${what}`)
  }
  if (config.sealed) problems.push('it is sealed')
  if (config.no_ack === true) problems.push('it does not acknowledge')
  if (config.allow_msg_ttl) problems.push('messages may have a time to live')
  return problems
}

// The server leaves out what is zero or false.
const same = (found: unknown, value: unknown): boolean =>
  value === 0 || value === false ? found === undefined || found === value : covers(found, value)

function covers(found: unknown, value: unknown): boolean {
  if (Array.isArray(value)) return JSON.stringify(found) === JSON.stringify(value)
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).every(([key, part]) =>
      same((found as Record<string, unknown> | undefined)?.[key], part),
    )
  }
  return found === value
}

const text = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value))
