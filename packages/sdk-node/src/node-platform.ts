// Node as the core sees it: timers that keep nothing alive, ids, JSON, and the end of the process. At natural exit what is
// queued is sent first; at process.exit() there is no time for that, so it is said how much is lost.
import type { Core, Platform, Transport, Warner } from '@penstock/sdk-core'
import { createEventIds } from './event-id.ts'
import { createEventJson } from './event-json.ts'
import { onProcessEnd } from './process-end.ts'
import { keepAlive } from './keep-alive.ts'
import type { ResolvedOptions } from './options.ts'
import type { Spool } from './spool/spool.ts'

export interface NodePlatform extends Platform {
  /** The core of this platform; known only after it was made. */
  watch(core: Core): void
}

export interface NodePlatformParts {
  readonly transport: Transport
  readonly logger: Warner
  readonly spool: Spool | undefined
  readonly options: ResolvedOptions
  readonly onProgress: () => void
}

export function createNodePlatform(parts: NodePlatformParts): { platform: NodePlatform; stop: () => void } {
  const { transport, logger, spool, options, onProgress } = parts
  let core: Core | undefined
  let gaveUp = false

  const lost = (): number => {
    const queued = core?.stats().queued ?? 0
    return spool?.works() === true ? 0 : queued
  }
  const stop = onProcessEnd({
    naturally() {
      // Once: if it cannot be sent now, the process ends all the same.
      if (gaveUp || core === undefined || core.stats().queued === 0) return
      gaveUp = true
      void keepAlive(core.flush(options.shutdownTimeoutMs)).then(({ remaining }) => (gaveUp = remaining > 0))
    },
    finally() {
      spool?.writeNow()
      if (lost() > 0) logger.warn('unsent_at_exit', String(lost()))
    },
  })
  const platform: NodePlatform = {
    transport,
    logger,
    store: spool,
    byteLength: (text) => Buffer.byteLength(text),
    clock: {
      now: () => Date.now(),
      timeText: createTimeText(),
      elapsed: () => performance.now(),
      setTimer(callback, delayMs) {
        const timer = setTimeout(callback, delayMs).unref()
        return () => clearTimeout(timer)
      },
      defer: (callback) => void setImmediate(callback),
    },
    newId: createEventIds(),
    jitter: Math.random,
    toJson: createEventJson((what) => logger.warn('value_changed', what)),
    onProgress,
    watch: (given) => void (core = given),
  }
  return { platform, stop }
}

/** A millisecond holds many events of a busy server; its text is made once. */
function createTimeText(): (ms: number) => string {
  let lastMs = NaN
  let lastText = ''
  return (ms) => {
    if (ms !== lastMs) lastText = new Date((lastMs = ms)).toISOString()
    return lastText
  }
}
