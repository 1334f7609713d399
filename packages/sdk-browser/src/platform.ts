// The browser as the SDK's core sees it, apart from transport and store.
import type { Clock, Ids, Warner } from '@penstock/sdk-core'
import type { BrowserLogger } from './options.ts'

export const browserClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
  defer: (callback) => void Promise.resolve().then(callback),
}

export const browserIds: Ids = { fill: (bytes) => void crypto.getRandomValues(bytes) }

/** Codes only: docs/sdk-browser.md has their meanings, so that no page carries the sentences. Each is said once. */
export function createWarner(logger: BrowserLogger): Warner {
  const said = new Set<string>()
  return {
    warn(code, detail = '') {
      if (said.has(code + detail) || said.size > 50) return
      said.add(code + detail)
      try {
        logger.warn('[penstock]', code, detail)
      } catch {
        // A broken logger is no reason to break the page.
      }
    },
  }
}

const encoder = typeof TextEncoder === 'undefined' ? null : new TextEncoder()
export const byteLength = (text: string): number =>
  encoder === null ? text.length * 3 : encoder.encode(text).length
