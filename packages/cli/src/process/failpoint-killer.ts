// The failpoint of crash tests: ends the process like a power cut, at the n-th visit of one named step.
import { type Failpoint, type FailpointName, noFailpoint } from '@penstock/pipeline'

/**
 * Counts the visits within this thread. `kill` must not return; the default is SIGKILL to the own process, which runs no
 * handler, flushes nothing and takes all threads with it.
 */
export function createFailpoint(
  wanted: { name: FailpointName; hit: number } | null,
  kill: () => void = killOwnProcess,
): Failpoint {
  if (wanted === null) return noFailpoint
  let visits = 0
  return (name) => {
    if (name !== wanted.name) return
    visits += 1
    if (visits === wanted.hit) kill()
  }
}

function killOwnProcess(): void {
  process.kill(process.pid, 'SIGKILL')
  // The signal may arrive a moment later; not one more line of code may run in this thread.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
