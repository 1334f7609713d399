// The browser as the SDK's core sees it, apart from transport and store.
import { type Clock, type Warner, quietly } from '@penstock/sdk-core'
import type { BrowserLogger } from './options.ts'

export const browserClock: Clock = {
  now: () => Date.now(),
  timeText: (ms) => new Date(ms).toISOString(),
  elapsed: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  defer: (callback) => queueMicrotask(callback),
}

/** Codes only: docs/sdk-browser.md has their meanings, so that no page carries the sentences. Each is said once. */
export function createWarner(logger: BrowserLogger): Warner {
  const said = new Set<string>()
  return {
    warn(code, detail = '') {
      if (said.has(code)) return
      said.add(code)
      quietly(() => logger.warn('[penstock]', code, detail))
    },
  }
}

export const byteLength = (text: string): number => new TextEncoder().encode(text).length
