// The worker's state as its ports, on one LMDB environment.
import type { DeadLetters, HotStore, HotSweeper, ProjectStore, WorkerState } from '@penstock/pipeline'
import { createLmdbDeadLetters } from './dead-letters.ts'
import { createLmdbHotStore } from './hot-store.ts'
import { createLmdbSweeper } from './hot-sweeper.ts'
import { createLmdbProjectStore } from './project-store.ts'
import { openStateEnvironment } from './state-environment.ts'
import { createLmdbWorkerState } from './worker-state.ts'

export interface LmdbStateOptions {
  /** Directory of the environment; made when it is missing. Local disk only. */
  path: string
  /**
   * Address space for the file, not room on the disk; reaching it is `full`. Unit: bytes.
   * @defaultValue `DEFAULT_MAP_BYTES` (1 TiB)
   */
  mapSizeBytes?: number
  /**
   * Writes are refused with `full` while less than this is free on the disk. Unit: bytes.
   * @defaultValue `STATE_RESERVE_BYTES` (64 MiB)
   */
  reserveBytes?: number
}

export interface LmdbState {
  /** For the worker's thread: its calls hold the thread up until they are synced. */
  state: WorkerState
  hot: HotStore
  sweeper: HotSweeper
  /** May be used on the thread that answers requests. */
  deadLetters: DeadLetters
  projects: ProjectStore
  close(): Promise<void>
}

/**
 * Opens, or makes, the state. May be opened in several threads of one process; never by two processes.
 * @throws PipelineError `rejected`, `corrupt`, `full`, `unavailable`.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- opening is synchronous in LMDB, and need not stay so
export async function openLmdbState(options: LmdbStateOptions): Promise<LmdbState> {
  const environment = openStateEnvironment(options)
  return {
    state: createLmdbWorkerState(environment),
    hot: createLmdbHotStore(environment),
    sweeper: createLmdbSweeper(environment),
    deadLetters: createLmdbDeadLetters(environment),
    projects: createLmdbProjectStore(environment),
    close: () => environment.close(),
  }
}
