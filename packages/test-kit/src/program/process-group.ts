// Processes that lead a group of their own: a signal reaches the whole group, and no group outlives us.

const alive = new Set<number>()

/** To every process of the group; one that is gone, or never came to be (`pid` is not positive), is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 0) return // -(-1) would be somebody else
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A group of its own does not die with us by itself. Returns what takes this back, for when the group is gone. */
export function killAtExit(pid: number): () => void {
  // One listener for all: a test of many processes would be warned of a leak.
  if (!process.listeners('exit').includes(killAll)) process.on('exit', killAll)
  alive.add(pid)
  return () => void alive.delete(pid)
}

function killAll(): void {
  for (const pid of alive) signalGroup(pid, 'SIGKILL')
}
