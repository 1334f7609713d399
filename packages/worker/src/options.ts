// What the worker is given. It reads no environment, opens nothing and closes nothing: the composition root does.
import type {
  ColdWriter,
  EventLog,
  Failpoint,
  HotStore,
  HotSweeper,
  PartitionLeases,
  ProjectStore,
  WorkerState,
} from '@penstock/pipeline'
import type { Logger } from 'pino'

export interface WorkerDeps {
  log: EventLog
  state: WorkerState
  /** Shares the partitions out among workers. Without: this process is the only one, which something else has made sure of. */
  leases?: PartitionLeases
  /** Stored events, for the rare comparison of two copies whose bytes differ. */
  hot: Pick<HotStore, 'events'>
  cold: ColdWriter
  sweeper: HotSweeper
  projects: Pick<ProjectStore, 'projects'>
  /** Milliseconds since 1970. Used for lingering, margins and `deadAt`; never decides what becomes of an event. */
  clock: () => number
  /** Milliseconds of a clock that nobody sets; it runs on while the process is stopped. */
  monotonic: () => number
  /** Resolves after `ms` or when `signal` aborts. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** A name never used before: `[A-Za-z0-9_-]`, at most 36 characters. */
  newToken: () => string
  /** Jitter of back-offs, 0 ≤ x < 1. @defaultValue `Math.random` */
  random?: () => number
  logger: Logger
  failpoint: Failpoint
}

export interface WorkerOptions {
  /**
   * How long a worker that says nothing keeps its partitions; the same in every worker of an installation. It stops acting a
   * sixth earlier when it cannot renew. Only with `leases`. Bounds: 1–30 s. @defaultValue 6,000 ms
   */
  leaseMs?: number
  /** Least time between two hot batches that are not full, so that busy times share commits; nothing waits when idle. Bounds: 0–50 ms. */
  hotLingerMs: number
  /** A hot batch ends with the message that reaches this many events. */
  hotMaxEvents: number
  /** A hot batch reads at most this many bytes of messages (at least one message). @defaultValue 4 MiB */
  hotMaxBytes?: number
  /** Longest time a stored event waits for company before its insert into the cold store. */
  coldLingerMs: number
  /** Events of one plan; a plan always holds at least one hot batch or message. */
  coldMaxEvents: number
  /** Bytes of event JSON of one plan. */
  coldMaxBytes: number
  /**
   * Memory for accepted events between the stages, estimated heap bytes. Beyond it the hot stage goes on and the cold stage
   * reads the log and the registry again.
   */
  bufferBytes: number
  /**
   * Messages stay in the log until their cold commit and until this long after they were appended, at most `purgeIntervalMs` less.
   * Those that an earlier run committed count from the start of this one.
   */
  purgeMarginMs: number
  /** Least time between two purges. @defaultValue 1,000 ms */
  purgeIntervalMs?: number
  registryWindowMs: number
  /** Hot rows live this long, or a project's retention when that is shorter. At least `registryWindowMs`. */
  hotRetentionMs: number
  /** Time between two rounds of sweeping the hot store. */
  sweepIntervalMs: number
  /** Time between two rounds of sweeping the cold store. @defaultValue 6 h */
  coldSweepIntervalMs?: number
  /** Both true, except in the tests that show what each layer is for. */
  safety: {
    /** An identity belongs to the position that owns it. Off: "seen" is all that counts. */
    positionOwner: boolean
    /** A repeated insert asks first what is missing. Off: it inserts everything again. */
    missingRows: boolean
  }
}

/** @throws RangeError naming the options that contradict each other. */
export function resolveWorkerOptions(options: WorkerOptions): Required<WorkerOptions> {
  const resolved = {
    hotMaxBytes: 4_194_304,
    purgeIntervalMs: 1_000,
    coldSweepIntervalMs: 6 * 3_600_000,
    leaseMs: 6_000,
    ...options,
  }
  if (resolved.hotLingerMs < 0 || resolved.hotLingerMs > 50) {
    throw new RangeError(`hotLingerMs is ${resolved.hotLingerMs}; it must be 0 to 50`)
  }
  if (resolved.hotRetentionMs < resolved.registryWindowMs) {
    throw new RangeError('hotRetentionMs is shorter than registryWindowMs: copies could not be compared')
  }
  if (!(resolved.leaseMs >= 1_000 && resolved.leaseMs <= 30_000)) {
    throw new RangeError(`leaseMs is ${resolved.leaseMs}; it must be 1,000 to 30,000`)
  }
  for (const name of ['hotMaxEvents', 'coldMaxEvents', 'coldMaxBytes', 'sweepIntervalMs'] as const) {
    if (!(resolved[name] >= 1)) throw new RangeError(`${name} must be at least 1`)
  }
  return resolved
}
