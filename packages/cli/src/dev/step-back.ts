// Lets this thread give way to the one that answers requests, when both want the same core: a POST is a matter of a millisecond,
// a drain goes on for minutes. Linux only, where threads have priorities of their own (setpriority(2), "BUGS"); elsewhere and where
// it is not permitted nothing happens. Threads that this one starts inherit it.
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Weight 110 against 1024 of a thread at 0 (sched(7)). */
const NICENESS = 10

export function stepBack(): void {
  try {
    // `<pid>/task/<tid>`, of the thread that asks.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    setPriority(thread, NICENESS)
  } catch {
    // Without it requests are slower while much is drained, and nothing else.
  }
}
