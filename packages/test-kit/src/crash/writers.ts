// The writers of a run: several at once, each sends, waits for the answer, and offers what was not accepted again later, as
// a client does. They stop only between two steps, so that every try has its answer or its failure in the ledger.
import type { Random } from '../random.ts'
import type { Gate } from './gate.ts'
import type { Pace } from './pace.ts'
import type { Sender, Sending } from './sender.ts'
import type { Workload } from './workload.ts'

export interface Writers {
  /** Resolves when every writer has finished its step. The gate must be open, or they would wait at it. */
  stop(): Promise<void>
  /** Sends again what was never answered, until it is; throws after `attempts` rounds. Call after `stop`. */
  settle(attempts: number): Promise<void>
}

export interface WritersDeps {
  gate: Gate
  pace: Pace
  sender: Sender
  workload: Workload
  random: Random
  /**
   * How long a sending waits that was answered to come later: a road that takes nothing for a while would else keep every writer busy.
   * Unit: milliseconds.
   */
  laterMs: number
}

export function startWriters(deps: WritersDeps, count: number): Writers {
  const { gate, pace, sender, workload } = deps
  let stopped = false

  const sendOne = async (sending: Sending, random: Random) => {
    const outcome = await sender.send(sending)
    if (outcome === 'cut') workload.unanswered(sending, random, 0)
    else if (outcome === 'later') workload.unanswered(sending, random, deps.laterMs)
    return outcome
  }

  const write = async (random: Random) => {
    while (!stopped) {
      await gate.whenOpen()
      const sendings = workload.next(random)
      await pace.take(sendings.reduce((sum, sending) => sum + sending.entries.length, 0))
      const outcomes = await Promise.all(sendings.map((sending) => sendOne(sending, random)))
      // A program that is down or full is not hammered.
      if (!outcomes.includes('accepted')) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const running = Array.from({ length: count }, (_, index) => write(deps.random.fork(`writer ${index}`)))

  return {
    async stop() {
      stopped = true
      await Promise.all(running)
    },
    async settle(attempts) {
      const random = deps.random.fork('settle')
      for (let round = 0; round < attempts; round++) {
        const waiting = workload.takeUnanswered()
        if (waiting.length === 0) return
        for (const sending of waiting) await sendOne(sending, random)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      if (workload.takeUnanswered().length > 0)
        throw new Error(`some bodies were not taken in ${attempts} rounds`)
    },
  }
}
