// A platform whose server is the test: requests wait until the test answers them.
import type { Answer, Payload, Platform, Store, Warner } from '../platform.ts'
import { createSafeJson } from '../safe-json.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export interface SentRequest {
  readonly body: string
  readonly query: string
  /** Sent by `leave`. */
  readonly isLast: boolean
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
  let made = 0
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
      pack: (events): Payload => ({ body: `[${events.map(({ text }) => text).join()}]` }),
      send: (payload, query, isLast = false) =>
        new Promise((resolve) => {
          const request: SentRequest = {
            body: payload.body as string,
            query,
            isLast,
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
    newId: () => `0190a1b2-0000-7000-9000-${(made++).toString(16).padStart(12, '0')}`,
    jitter: options.random ?? (() => 0.5),
    toJson: createSafeJson(
      (what) => platform.logger.warn('value_changed', what),
      (text) => Buffer.byteLength(text),
    ),
    logger: options.logger ?? {
      warn: (code, detail) => void warnings.push(detail === undefined ? code : `${code} ${detail}`),
    },
    store: options.store,
    byteLength: (text) => Buffer.byteLength(text),
  }
  return platform
}
