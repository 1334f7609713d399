// A story told to a running cluster, for a test that knows where it must hurt: send, hurt, and in the end the account of every event.
import { join } from 'node:path'
import { readAccount } from '../crash/account.ts'
import { checkAccount, type Verdict } from '../crash/checker.ts'
import { createHttpReadings, waitUntilCounted } from '../crash/http-readings.ts'
import { createLedger, type Entry } from '../crash/ledger.ts'
import { createEventMaker, type EventMaker } from '../crash/made-event.ts'
import { createPace } from '../crash/pace.ts'
import { createSender, type Sending, type SendOutcome } from '../crash/sender.ts'
import type { ApiClient } from '../program/api-client.ts'

export interface ClusterStory {
  readonly maker: EventMaker
  /** New events that both roads take. */
  newEvents(count: number): Entry[]
  send(entries: readonly Entry[], over?: Partial<Sending>): Promise<SendOutcome>
  /**
   * Sends new bodies of ten one after the other until `stop`, each again until it is accepted; counts how answers were.
   * @param eventsPerSecond - at most; default: no bound
   */
  startSending(eventsPerSecond?: number): { stop(): Promise<Readonly<Record<SendOutcome, number>>> }
  /** Waits until the last accepted event is counted. */
  counted(timeoutMs?: number): Promise<void>
  /** Waits until all is counted, then checks every event. Nothing may be sent after it. */
  judge(): Promise<Verdict>
  surprises(): readonly string[]
}

const BODY_EVENTS = 10
const AGAIN_AFTER_MS = 50

/** @param directory - for the ledger; must exist. */
export async function createClusterStory(
  api: ApiClient,
  { directory, seed }: { directory: string; seed: number },
): Promise<ClusterStory> {
  const ledgerPath = join(directory, `ledger-${seed}.ndjson`)
  const baseTime = Date.now()
  const maker = createEventMaker(seed, baseTime)
  const ledger = await createLedger(ledgerPath, { seed, baseTime })
  const sender = createSender({ api, ledger, maker })
  let numbers = 0

  function newEvents(count: number): Entry[] {
    const entries: Entry[] = []
    while (entries.length < count) {
      const number = numbers++
      if (maker.roadOf(number) === 'any') entries.push({ number, variant: 0, spelling: 0 })
    }
    return entries
  }

  const send = (entries: readonly Entry[], over: Partial<Sending> = {}): Promise<SendOutcome> =>
    sender.send({ road: 'ingest', shape: 'array', gzip: false, ...over, entries })

  async function counted(timeoutMs = 60_000): Promise<void> {
    const { lastAcceptedAt } = await readAccount(ledgerPath)
    if (lastAcceptedAt !== null) await waitUntilCounted(api, lastAcceptedAt, { timeoutMs })
  }

  return {
    maker,
    newEvents,
    send,
    startSending(eventsPerSecond = Infinity) {
      const pace = createPace(eventsPerSecond)
      const counts = { accepted: 0, refused: 0, later: 0, cut: 0 }
      let stopped = false
      const sending = (async () => {
        while (!stopped) {
          await pace.take(BODY_EVENTS)
          const entries = newEvents(BODY_EVENTS)
          for (let outcome: SendOutcome | null = null; outcome !== 'accepted' && outcome !== 'refused';) {
            if (outcome !== null) await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS))
            outcome = await send(entries)
            counts[outcome]++
          }
        }
      })()
      return {
        stop: async () => {
          stopped = true
          await sending
          return counts
        },
      }
    },
    counted,
    async judge() {
      await ledger.close()
      await counted()
      return checkAccount(await readAccount(ledgerPath), maker, createHttpReadings(api), { receipts: 500 })
    },
    surprises: () => sender.surprises(),
  }
}
