// What the gateway is given and what it gives. Adapters and the environment stay with the caller.
import type {
  DeadLetters,
  EventLog,
  Failpoint,
  HotStore,
  ProjectStore,
  Questions,
  WorkerState,
} from '@penstock/pipeline'
import type { FastifyInstance } from 'fastify'

/** The part of pino's interface that is used here: fields first, then the sentence. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** Collaborators. The caller opened them and closes them after `stop` resolved. */
export interface GatewayDeps {
  log: EventLog
  state: Pick<WorkerState, 'read' | 'lookup'>
  hot: HotStore
  deadLetters: DeadLetters
  /** Share of the room for dead letters' bodies that is used, 0–1; from nine tenths on nothing more is taken. */
  letterFill?: () => Promise<number>
  projects: ProjectStore
  questions: Questions
  /** Rejects when the cold store does not answer; part of readiness. */
  coldPing: () => Promise<void>
  /** Wall clock, ms since 1970. */
  clock: () => number
  logger: Logger
  failpoint: Failpoint
  /** Prometheus text of the worker of this process; joined with the gateway's own. */
  workerMetrics?: () => Promise<string>
  /** False fails readiness. Without it the worker is somebody else's business. */
  workerAlive?: () => boolean
}

export interface GatewayOptions {
  /** `open`: `GET /metrics` without a key (loopback). `admin`: with an admin key. `off`: not here (own port). */
  metrics: 'open' | 'admin' | 'off'
  /**
   * Bytes of requests that may wait for durability; beyond them 503 `overloaded`. Bodies that have not arrived completely may
   * hold half as much besides, with the same answer beyond it.
   */
  maxInflightBytes: number
  /** An import waits while the hot stage is further behind than this. Unit: milliseconds. */
  importMaxLagMs: number
  /** Largest allowed difference between machines' clocks; lowers `as_of` and `processed_through`. Unit: milliseconds. */
  clockDifferenceMs: number
  /** True in production. False only in the mutation check that shows what the wait for durability is for. */
  durableBefore202: boolean
  /** Addresses and networks whose `X-Forwarded-*` headers are believed. */
  trustProxy: string[]
  /** Which half of the routes this process serves; receipts, health and documents are in both. */
  serve: 'all' | 'ingest' | 'answers'
  /** The browser SDK's script-tag build, served below /sdk; without it those paths do not exist. */
  browserScript?: string
}

export interface Gateway {
  /** Not listening yet: `app.listen({ host, port })` is the caller's, or `app.inject` in tests. */
  app: FastifyInstance
  /** Prometheus text, whoever asks: for a port of its own. */
  metrics(): Promise<string>
  /**
   * Fails readiness at once, waits `drainMs` (milliseconds) so that balancers notice, refuses new work with 503
   * `shutting_down`, waits for what is in flight, closes the sockets. Calling it again returns the same promise.
   */
  stop(options: { drainMs: number }): Promise<void>
}
