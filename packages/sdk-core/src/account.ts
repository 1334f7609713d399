// Counts every event once: tracked = delivered + queued + dropped, always. Tells the caller of drops and the gateway of losses.
import type { WireEvent } from '@penstock/contract'
import type { Dropped, DroppedEvent, DropReason, Stats } from './event.ts'
import type { CoreOptions } from './options.ts'
import type { StoredEvent, Warner } from './platform.ts'

export interface Account {
  tracked(count: number): void
  restored(count: number): void
  delivered(count: number): void
  retried(): void
  /** `codes` by event id. */
  dropped(events: readonly StoredEvent[], reason: DropReason, codes?: ReadonlyMap<string, string>): void
  /** Both are copies. */
  stats(queuedBytes: number): Stats
  /** What the gateway has not heard yet, as the rest of a query; call `heard` when it has. Empty while another one is out. */
  report(): { query: string; heard(reached: boolean): void }
}

export function createAccount({ onDrop }: Pick<CoreOptions, 'onDrop'>, logger: Warner): Account {
  let tracked = 0
  let restored = 0
  let delivered = 0
  let retried = 0
  let lost = 0
  const dropped: Dropped = {}
  let told: Dropped = {}
  let toldRetried = 0
  let reporting = false

  return {
    tracked: (count) => void (tracked += count),
    restored: (count) => void (restored += count),
    delivered: (count) => void (delivered += count),
    retried: () => void retried++,
    dropped(events, reason, codes) {
      lost += events.length
      dropped[reason] = (dropped[reason] ?? 0) + events.length
      if (onDrop === undefined || events.length === 0) return
      try {
        const shown = events.map(({ id, text }): DroppedEvent => {
          const code = codes?.get(id)
          return { ...(JSON.parse(text) as WireEvent), ...(code === undefined ? {} : { code }) }
        })
        onDrop(shown, reason)
      } catch (error) {
        logger.warn('callback_failed', `onDrop ${String(error)}`)
      }
    },
    stats: (queuedBytes) => ({
      tracked,
      restored,
      delivered,
      queued: tracked - delivered - lost,
      queuedBytes,
      dropped: { ...dropped },
      retried,
    }),
    report() {
      const losses: string[] = []
      if (!reporting) {
        for (const name in dropped) {
          const news = (dropped[name as DropReason] as number) - (told[name as DropReason] ?? 0)
          if (news > 0) losses.push(`${name}:${news}`)
        }
      }
      const repeats = reporting ? 0 : retried - toldRetried
      if (losses.length === 0 && repeats === 0) return { query: '', heard: () => undefined }
      reporting = true
      const now = { ...dropped }
      return {
        query:
          (losses.length > 0 ? `&dropped=${losses.join()}` : '') + (repeats > 0 ? `&retried=${repeats}` : ''),
        heard(reached) {
          reporting = false
          if (!reached) return
          told = now
          toldRetried += repeats
        },
      }
    },
  }
}
