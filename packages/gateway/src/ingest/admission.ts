// The bound on what may be in flight, and the way out: bytes held by requests that wait, and the end of the last of them.
import type { IngestRefused } from './outcome.ts'
import { shuttingDown, tooMuchInFlight } from './refused-requests.ts'

type Refused503 = IngestRefused & { retryAfterSeconds: number }

export interface Admission {
  /** Takes one request that holds `bytes`, or says why not. Pair with `leave`. */
  enter(bytes: number): Refused503 | null
  /** A request that is inside turns out to hold more. On refusal nothing is changed. */
  grow(bytes: number): Refused503 | null
  /** The request that is inside is over; `bytes` is all it was let in with. */
  leave(bytes: number): void
  bytes(): number
  /** Lets nobody in any more; resolves when nobody is inside. */
  close(): Promise<void>
}

export function createAdmission(maxBytes: number): Admission {
  let bytesInside = 0
  let requestsInside = 0
  let closed = false
  let waiting: (() => void)[] = []

  function grow(bytes: number): Refused503 | null {
    if (bytesInside + bytes > maxBytes) return tooMuchInFlight()
    bytesInside += bytes
    return null
  }

  return {
    enter(bytes) {
      if (closed) return shuttingDown()
      const refused = grow(bytes)
      if (refused === null) requestsInside++
      return refused
    },
    grow,
    leave(bytes) {
      bytesInside -= bytes
      if (--requestsInside > 0) return
      for (const resolve of waiting) resolve()
      waiting = []
    },
    bytes: () => bytesInside,
    close() {
      closed = true
      return requestsInside === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
    },
  }
}
