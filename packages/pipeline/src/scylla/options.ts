// How to reach the CQL servers, and what is checked before anything is sent to them.
import type { ConnectionOptions } from 'node:tls'
import { PipelineError } from '../errors.ts'
import type { LetterBodies } from '../ports/letter-bodies.ts'

/** What this adapter says goes here; any pino logger will do. */
export interface ScyllaLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface ScyllaConnection {
  /** `host` or `host:port`; at least one. The others are found through them. */
  contactPoints: readonly string[]
  /**
   * Name of the data centre that reads and writes are confirmed in. All workers and gateways of an installation name the same one:
   * quorums and lightweight transactions are local to it.
   */
  localDataCenter: string
  /** Registry, hot rows, timelines and dead letters. Lower case letters, digits and `_`, at most 48. */
  keyspace: string
  /** Everything changed by lightweight transactions: state rows, settlements, projects. Made without tablets. Not `keyspace`. */
  stateKeyspace: string
  /** With `password`; both or none. */
  user?: string
  password?: string
  /** TLS with these options; absent: plain text. */
  tls?: ConnectionOptions
  /**
   * Longest wait for one answer; longer than the servers' own time-outs, so that they give up first. Unit: milliseconds.
   * @defaultValue `DEFAULT_REQUEST_TIMEOUT_MS` (10,000)
   */
  requestTimeoutMs?: number
  /**
   * Requests on their way at one moment, over all calls. Bounds: 1–1,024.
   * @defaultValue `DEFAULT_MAX_IN_FLIGHT` (64)
   */
  maxRequestsInFlight?: number
  logger: ScyllaLogger
}

export interface ScyllaOptions extends ScyllaConnection {
  /** How long an identity is remembered, from the later of log time and event time. Unit: milliseconds. */
  registryWindowMs: number
  /** Longest life of a hot row, counted the same way; a project's own retention may be shorter. At least the registry's. */
  hotRetentionMs: number
  /** Where the bodies of dead letters lie. Never changed once there are letters; its owner closes it. Absent: with the letters. */
  letterBodies?: LetterBodies
  /**
   * Now, ms since 1970. Only says how long a row still has to live when it is written.
   * @defaultValue `Date.now`
   */
  clock?: () => number
}

export interface MigrateScyllaOptions extends ScyllaConnection {
  /** Of both keyspaces when they are made, as in CQL: `{ class: 'NetworkTopologyStrategy', dc1: 3 }`. Existing ones keep theirs. */
  replication: Readonly<Record<string, string | number>>
}

export const DEFAULT_REQUEST_TIMEOUT_MS = 10_000
export const DEFAULT_MAX_IN_FLIGHT = 64
const MOST_IN_FLIGHT = 1_024
const NAME = /^[a-z][a-z0-9_]{0,47}$/

/** @throws PipelineError `rejected` naming what is wrong. */
export function checkConnection(options: ScyllaConnection): void {
  const { contactPoints, localDataCenter, keyspace, stateKeyspace, user, password } = options
  const inFlight = options.maxRequestsInFlight ?? DEFAULT_MAX_IN_FLIGHT
  if (contactPoints.length === 0) throw wrong('no contact point is named')
  if (localDataCenter === '') throw wrong('the local data centre is not named')
  for (const name of [keyspace, stateKeyspace]) {
    if (!NAME.test(name))
      throw wrong(`"${name}" is no name of a keyspace: use lower case letters, digits and _`)
  }
  if (keyspace === stateKeyspace)
    throw wrong('the two keyspaces must differ: one may have tablets, the other must not')
  if ((user === undefined) !== (password === undefined)) throw wrong('user and password come together')
  if (!Number.isInteger(inFlight) || inFlight < 1 || inFlight > MOST_IN_FLIGHT) {
    throw wrong(`maxRequestsInFlight must be 1–${MOST_IN_FLIGHT}`)
  }
}

/** @throws PipelineError `rejected` */
export function checkLifetimes({ registryWindowMs, hotRetentionMs }: ScyllaOptions): void {
  if (!(registryWindowMs > 0)) throw wrong('registryWindowMs must be above 0')
  if (!(hotRetentionMs >= registryWindowMs)) throw wrong('hotRetentionMs must be at least registryWindowMs')
}

const wrong = (what: string): PipelineError =>
  new PipelineError('rejected', 'state', `The CQL store cannot be used: ${what}.`)
