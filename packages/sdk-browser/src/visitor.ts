// Who is on the page and which visit it is: anonymous id, user, group, session and the order within it. Kept as one small
// record in a cookie (which subdomains share) and in web storage (exact to the event); the newer of the two holds, so that
// tabs and subdomains follow each other. A browser shows web storage to tabs of another process a moment later: of two tabs
// within milliseconds, both may give the same `seq`; their times still tell the order. Before `keep` it lives in memory.
import { ILLEGAL_IDS, MAX_ID_CHARS } from '@penstock/contract'
import type { Cookie } from './cookie.ts'

const IDLE_MS = 30 * 60_000
const LONGEST_MS = 24 * 3_600_000
/** The cookie goes with each request of the site's own: it is rewritten only when it is this much behind. */
const COOKIE_LAG_MS = 60_000

/** Short names: this is sent with every request to the site. */
interface Visit {
  /** Anonymous id. */
  a: string
  /** User id, group id. */
  u?: string | undefined
  g?: string | undefined
  /** Session id, when it began, when it was last active (both ms since 1970), its next `seq`. */
  s: string
  b: number
  t: number
  n: number
  /** What brought the visitor: campaign of the session. */
  c?: Readonly<Record<string, string>> | undefined
}

export interface Visitor {
  /** The fields of an event that happens now. Begins a new session when the old one ended. */
  stamp(): {
    anonymous_id: string
    user_id: string | undefined
    group_id: string | undefined
    session_id: string
    seq: number
  }
  campaign(): Readonly<Record<string, string>> | undefined
  setCampaign(campaign: Readonly<Record<string, string>>): void
  /** From now on this user. Another known user before: a new anonymous id, too, because ids of two people are never linked. */
  identify(userId: string): void
  group(groupId: string): void
  /** Somebody new: ids and session. */
  reset(): void
  /** May be stored from now on: takes over what was stored before. */
  keep(): void
  /** Forgets what is stored and goes on in memory. */
  forget(): void
}

/** What the gateway refuses as an id must not stick to a visitor, or all events after it would be refused. */
export const isId = (id: string): boolean =>
  id.length <= MAX_ID_CHARS && !ILLEGAL_IDS.has(id.trim().toLowerCase())

/** Events of one millisecond have one time: within a session the order tells which record is the later one. */
const isNewer = (other: Visit, than: Visit | undefined): boolean =>
  than === undefined || other.t > than.t || (other.t === than.t && other.s === than.s && other.n > than.n)

export function createVisitor(deps: {
  now: () => number
  newId: () => string
  key: string
  openStorage: () => Storage | null
  openCookie: () => Cookie | null
}): Visitor {
  const { now, newId, key } = deps
  let storage: Storage | null = null
  let cookie: Cookie | null = null
  let visit: Visit | undefined
  let cookieTime = 0
  let kept = false

  const parse = (text: string | null | undefined): Visit | undefined => {
    try {
      const found = JSON.parse(text as string) as Visit
      return typeof found.a === 'string' && found.t > 0 ? found : undefined
    } catch {
      return undefined
    }
  }

  function latest(): Visit {
    const time = now()
    if (kept) {
      const found = [parse(cookie?.read()), parse(storage?.getItem(key))]
      for (const other of found) if (other !== undefined && isNewer(other, visit)) visit = other
    }
    return visit ?? begin({ a: newId() }, time)
  }
  const begin = (who: Pick<Visit, 'a' | 'u' | 'g'>, time: number): Visit =>
    (visit = { a: who.a, u: who.u, g: who.g, s: newId(), b: time, t: time, n: 0 })

  function save(identity: boolean): void {
    if (!kept || visit === undefined) return
    const text = JSON.stringify(visit)
    try {
      storage?.setItem(key, text)
    } catch {
      // Full: the cookie and this page's memory remain.
    }
    if (identity || visit.t - cookieTime > COOKIE_LAG_MS) {
      cookieTime = visit.t
      cookie?.write(text)
    }
  }

  /** The visit now, with its session renewed. What changes has the newest time, so that it holds everywhere. */
  function touch(): { current: Visit; renewed: boolean } {
    const time = now()
    let current = latest()
    // Also after a clock that was far ahead was set right.
    const renewed = Math.abs(time - current.t) >= IDLE_MS || time - current.b >= LONGEST_MS
    if (renewed) current = begin(current, time)
    current.t = Math.max(time, current.t)
    return { current, renewed }
  }

  return {
    stamp() {
      const { current, renewed } = touch()
      const fields = {
        anonymous_id: current.a,
        user_id: current.u,
        group_id: current.g,
        session_id: current.s,
        seq: current.n++,
      }
      save(renewed)
      return fields
    },
    campaign: () => latest().c,
    setCampaign(campaign) {
      touch().current.c = campaign
      save(true)
    },
    identify(userId) {
      const { current } = touch()
      if (current.u !== undefined && current.u !== userId) current.a = newId()
      current.u = userId
      save(true)
    },
    group(groupId) {
      touch().current.g = groupId
      save(true)
    },
    reset() {
      begin({ a: newId() }, now())
      save(true)
    },
    keep() {
      if (kept) return
      kept = true
      storage = deps.openStorage()
      cookie = deps.openCookie()
    },
    forget() {
      storage?.removeItem(key)
      cookie?.remove()
      kept = false
    },
  }
}
