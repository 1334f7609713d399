// From what a caller wrote to options with nothing missing. Wrong type: default and a warning. Out of bounds: nearest bound
// and a warning. Unknown: a warning. Without a key or host: throws, once, at creation.
import type { DroppedEvent, DropReason, PenstockError } from './event.ts'
import type { Warner } from './platform.ts'
import type { WireEvent } from '@penstock/contract'

/** What both SDKs take. Defaults differ per SDK; their READMEs list them. */
export interface CommonOptions {
  /** Write key of the project (`pk_…`). Required. */
  writeKey: string
  /** Where the gateway is: `https://events.example.com`, with a path if it is behind one. Required. */
  host: string
  /** False: events are dropped as `consent` and nothing is sent. @defaultValue true */
  enabled?: boolean
  /** Longest time an event waits before it is sent. Unit: ms. Bounds: 10–600,000. */
  flushIntervalMs?: number
  /** Events that make a batch. Bounds: 1–2,500. */
  maxBatchEvents?: number
  /** JSON bytes that make a batch. Bounds: 1,024–1,000,000. */
  maxBatchBytes?: number
  /** Bytes the queue may hold; past it new events are refused. Bounds: 65,536–1,073,741,824. */
  maxQueueBytes?: number
  /** Batches on their way at once; after a failure it is one until something passes. Bounds: 1–16. */
  maxInFlight?: number
  /** Time for one request and its whole answer. Unit: ms. Bounds: 100–120,000. */
  requestTimeoutMs?: number
  /** Sees each event before it is captured; returns it, changed or not, or null to drop it. A throw drops it, too. */
  beforeSend?: (event: WireEvent) => WireEvent | null
  /** Told when the server cannot be reached or refuses the key; not per attempt, but once until something passes. */
  onError?: (error: PenstockError) => void
  /** Told of every event that will never arrive. */
  onDrop?: (events: DroppedEvent[], reason: DropReason) => void
}

/** Options without a gap; frozen. */
export type Resolved<O> = Readonly<{ [Name in keyof O]-?: Exclude<O[Name], undefined> }>

/** The options that are numbers. */
type Bounds =
  | 'flushIntervalMs'
  | 'maxBatchEvents'
  | 'maxBatchBytes'
  | 'maxQueueBytes'
  | 'maxInFlight'
  | 'requestTimeoutMs'

/** What the core needs of the resolved options. */
export type CoreOptions = Pick<Resolved<CommonOptions>, 'enabled' | Bounds> &
  Pick<CommonOptions, 'beforeSend' | 'onError' | 'onDrop'>

/** The type that is wanted, the default, and for a number the least and the most. */
export type OptionRule =
  | readonly [type: 'number', fallback: number, min: number, max: number]
  | readonly [type: 'boolean', fallback: boolean]
  | readonly [type: 'function' | 'object' | 'string']
/** `writeKey` and `host` included. */
export type OptionTable = Readonly<Record<string, OptionRule>>

/** What both SDKs take, with the same bounds; the defaults are each SDK's own. */
export const commonOptions = (defaults: Pick<CoreOptions, Bounds>): OptionTable => ({
  writeKey: ['string'],
  host: ['string'],
  enabled: ['boolean', true],
  flushIntervalMs: ['number', defaults.flushIntervalMs, 10, 600_000],
  maxBatchEvents: ['number', defaults.maxBatchEvents, 1, 2_500],
  maxBatchBytes: ['number', defaults.maxBatchBytes, 1_024, 1_000_000],
  maxQueueBytes: ['number', defaults.maxQueueBytes, 65_536, 1_073_741_824],
  maxInFlight: ['number', defaults.maxInFlight, 1, 16],
  requestTimeoutMs: ['number', defaults.requestTimeoutMs, 100, 120_000],
  beforeSend: ['function'],
  onError: ['function'],
  onDrop: ['function'],
  logger: ['object'],
})

/**
 * @throws TypeError naming `writeKey` and `host` when one is missing or the host is no http(s) address
 */
export function resolveOptions<O extends CommonOptions>(
  input: O,
  table: OptionTable,
  logger: Warner,
): O & CoreOptions {
  const given = { ...input } as Record<string, unknown> // nothing at all becomes an empty object
  const resolved: Record<string, unknown> = {}
  for (const name in given) if (!(name in table)) logger.warn('option_unknown', name)
  for (const name in table) {
    const [type, fallback, min, max] = table[name] as OptionRule
    let value = given[name]
    if (typeof value !== type || value === null || Number.isNaN(value)) {
      if (value !== undefined) logger.warn('option_type', name)
      value = fallback
    }
    if (type === 'number') {
      const within = Math.min(max, Math.max(min, value as number))
      if (within !== value) logger.warn('option_clamped', name)
      value = within
    }
    resolved[name] = value
  }
  const { writeKey, host } = resolved as Partial<CommonOptions>
  if (!writeKey || !/^https?:\/\/[^/]/.test(host as string)) {
    throw new TypeError('createPenstock needs { writeKey: "pk_...", host: "https://..." }')
  }
  resolved['host'] = (host as string).replace(/\/+$/, '')
  return Object.freeze(resolved) as unknown as O & CoreOptions
}
