// The Node SDK as the contract suite wants it.
import type { SdkDrop, SdkOptions, SdkUnderTest } from '@penstock/test-kit/contracts'
import { type NodeOptions, createPenstock } from '../src/index.ts'

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>

export function openNodeSdk(options: SdkOptions, more: Partial<NodeOptions> = {}): Promise<SdkUnderTest> {
  const drops: SdkDrop[] = []
  const errors: string[] = []
  const realNow = Date.now
  const penstock = createPenstock({
    ...options,
    logger: { warn: () => undefined },
    onDrop: (events, reason) =>
      drops.push({
        reason,
        events: events.map(({ event_id, event, code }) => ({
          event_id,
          ...(typeof event === 'string' ? { event } : {}),
          ...(code === undefined ? {} : { code }),
        })),
      }),
    onError: ({ code }) => errors.push(code),
    ...more,
  })
  const track = (event: string, properties?: Record<string, unknown>, extra?: object) =>
    penstock.track({ userId: 'u1', event, ...(properties === undefined ? {} : { properties }), ...extra })
  const timeout = (timeoutMs?: number) => (timeoutMs === undefined ? {} : { timeoutMs })
  return Promise.resolve({
    run: (code) => new AsyncFunction('track', code)(track),
    flush: (timeoutMs) => penstock.flush(timeout(timeoutMs)),
    shutdown: (timeoutMs) => penstock.shutdown(timeout(timeoutMs)),
    stats: () => Promise.resolve(penstock.stats() as Awaited<ReturnType<SdkUnderTest['stats']>>),
    drops: () => Promise.resolve(drops),
    errors: () => Promise.resolve(errors),
    async close() {
      Date.now = realNow
      await penstock.shutdown({ timeoutMs: 0 })
    },
  })
}
