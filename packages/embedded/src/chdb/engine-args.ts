// What the engine in this process is told when it is opened. The first opener of the process decides; everybody passes the same.
import { totalmem } from 'node:os'

const MIB = 1024 * 1024
// The engine's own defaults (5 GiB each) are made for a machine that runs nothing else.
const MARK_CACHE_BYTES = 256 * MIB
const INDEX_MARK_CACHE_BYTES = 64 * MIB
/** Niceness of inserts and merges: weight 110 against 1024 of a thread at 0 (sched(7)). */
export const BACKGROUND_NICENESS = 10
const MIN_ENGINE_BYTES = 1024 * MIB

/** Most memory of all queries, inserts and merges together: half the machine's, 1 GiB at least. */
export const defaultEngineMemoryBytes = (): number => Math.max(MIN_ENGINE_BYTES, Math.floor(totalmem() / 2))

export function engineArgs(maxMemoryBytes: number): string[] {
  return [
    `--max_server_memory_usage=${maxMemoryBytes.toFixed(0)}`,
    `--mark_cache_size=${MARK_CACHE_BYTES}`,
    `--index_mark_cache_size=${INDEX_MARK_CACHE_BYTES}`,
    `--os_threads_nice_value_merge_mutate=${BACKGROUND_NICENESS}`,
  ]
}
