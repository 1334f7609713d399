// The numbers: every event is counted once, so that tracked = delivered + queued + dropped, always; and what of it the gateway
// has not heard.
import type { Dropped, DropReason, Stats } from './event.ts'

export type Loss = DropReason | 'retried'
export type Losses = Partial<Record<Loss, number>>

export interface Account {
  readonly totals: { -readonly [Name in keyof Stats]: Stats[Name] }
  /** Losses since the last request that was heard; requests under way have taken theirs along. */
  unreported: Losses
}

export const createAccount = (): Account => ({
  totals: { tracked: 0, restored: 0, delivered: 0, queued: 0, queuedBytes: 0, dropped: {}, retried: 0 },
  unreported: {},
})

export function add(to: Losses, name: Loss, count = 0): void {
  to[name] = (to[name] ?? 0) + count
}

/** What was dropped after `before`, by reason. */
export function droppedSince(now: Dropped, before: Dropped): Dropped {
  const news: Dropped = {}
  for (const name in now) {
    const reason = name as DropReason
    const count = (now[reason] as number) - (before[reason] ?? 0)
    if (count > 0) news[reason] = count
  }
  return news
}
