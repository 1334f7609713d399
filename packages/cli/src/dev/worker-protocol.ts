// What the gateway's thread and the worker's thread say to each other. Small on purpose: the events themselves meet in the
// log and in the stores, never in a message.
import type { FailpointName } from '@penstock/pipeline'
import type { SafetyLayer } from '../config/test-options.ts'

/** Everything the worker's thread needs; plain data, since it crosses threads. */
export interface WorkerThreadData {
  dataDir: string
  logCapBytes: number
  hotRetentionDays: number
  logLevel: string
  pretty: boolean
  failpoint: { name: FailpointName; hit: number } | null
  unsafe: SafetyLayer | null
  /** The log wakes the worker through it. */
  wake: SharedArrayBuffer
  /** See heartbeat.ts. */
  heartbeat: SharedArrayBuffer
}

export type ToWorker = { kind: 'metrics'; id: number } | { kind: 'stop' }

export type FromWorker =
  | { kind: 'ready' }
  /** It could not start, or had to give up. The thread ends by itself afterwards. */
  | { kind: 'failed'; message: string; stack?: string }
  | { kind: 'metrics'; id: number; text: string }
  | { kind: 'stopped' }
