// A platform whose server is the test: requests wait until the test answers them.
import type { Answer, Attempt, Payload, Platform, Store, Warner } from '../platform.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export interface SentRequest {
  readonly body: string
  readonly attempt: Attempt
  /** `elapsed()` when it was sent. */
  readonly at: number
  answer(answer: Answer): void
}

export interface ScriptedPlatform extends Platform {
  readonly clock: VirtualClock
  /** Requests without an answer, oldest first. */
  readonly open: SentRequest[]
  /** Every request ever. */
  readonly sent: SentRequest[]
  readonly warnings: string[]
  /** Lets everything run that needs no time. */
  settle(): Promise<void>
  advance(ms: number): Promise<void>
  /** Called with each request as it is sent. */
  onSend: (request: SentRequest) => void
}

const START_MS = Date.UTC(2026, 10, 22, 10)

export function createScriptedPlatform(
  options: { store?: Store; random?: () => number; logger?: Warner } = {},
): ScriptedPlatform {
  const clock = createVirtualClock(START_MS)
  const open: SentRequest[] = []
  const sent: SentRequest[] = []
  const warnings: string[] = []
  let seed = 1
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const platform: ScriptedPlatform = {
    clock,
    open,
    sent,
    warnings,
    settle,
    advance: (ms) => clock.advance(ms, settle),
    onSend: () => undefined,
    transport: {
      encode: (events): Payload => ({ body: `[${events.map(({ text }) => text).join()}]` }),
      send: (payload, attempt) =>
        new Promise((resolve) => {
          const request: SentRequest = {
            body: payload.body as string,
            attempt,
            at: clock.elapsed(),
            answer(answer) {
              open.splice(open.indexOf(request), 1)
              resolve(answer)
            },
          }
          open.push(request)
          sent.push(request)
          platform.onSend(request)
        }),
    },
    lifecycle: { onExit: () => () => undefined },
    ids: {
      fill(bytes) {
        for (let at = 0; at < bytes.length; at++)
          bytes[at] = (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) >> 8
      },
      random: options.random ?? (() => 0.5),
    },
    logger: options.logger ?? {
      warn: (code, detail) => void warnings.push(detail === undefined ? code : `${code} ${detail}`),
    },
    store: options.store,
    byteLength: (text) => Buffer.byteLength(text),
  }
  return platform
}
