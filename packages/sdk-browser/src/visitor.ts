// Who is on the page and which visit it is: anonymous id, user, group, session and the order within it. Kept as one small
// record in a cookie (which subdomains share) and in web storage (exact to the event); the newer of the two holds, so that
// tabs and subdomains follow each other. A browser shows web storage to tabs of another process a moment later: of two tabs
// within milliseconds, both may give the same `seq`; their times still tell the order. Before `keep` it lives in memory.
import { ILLEGAL_IDS, MAX_ID_CHARS } from '@penstock/contract'
import { quietly } from '@penstock/sdk-core'
import type { Cookie } from './cookie.ts'
import type { WebStorage } from './web-storage.ts'

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
  campaignNow(): Readonly<Record<string, string>> | undefined
  setCampaign(campaign: Readonly<Record<string, string>>): void
  /** From now on this user. Another known user before: nothing of that visit is kept, because two people are never linked. */
  identify(userId: string): void
  group(groupId: string): void
  /** Somebody new: ids and session. */
  reset(): void
  /** Is stored from now on, under `key`: takes over what was stored before. */
  keep(storage: WebStorage, cookie: Cookie | undefined): void
  /** Forgets who it was; whoever comes next lives in memory. */
  forget(): void
}

/** What the gateway refuses as an id must not stick to a visitor, or all events after it would be refused. */
export const isId = (id: string): boolean =>
  id.length <= MAX_ID_CHARS && !ILLEGAL_IDS.has(id.trim().toLowerCase())

export function createVisitor(now: () => number, newId: (nowMs: number) => string, key: string): Visitor {
  let storage: WebStorage | undefined
  let cookie: Cookie | undefined
  let visit: Visit | undefined
  let cookieTime = 0

  /** Takes over what a tab or a subdomain wrote later than this page. */
  function takeNewer(read: () => string | null | undefined): void {
    const found = quietly(() => JSON.parse(read() as string) as Visit)
    // Events of one millisecond have one time: within a session the order tells which record is the later one.
    if (
      typeof found?.a === 'string' &&
      found.t > 0 &&
      (visit === undefined ||
        found.t > visit.t ||
        (found.t === visit.t && found.s === visit.s && found.n > visit.n))
    )
      visit = found
  }

  function latest(): Visit {
    takeNewer(() => cookie?.read())
    takeNewer(() => storage?.load(key))
    return visit ?? begin({ a: makeId() })
  }
  const makeId = (): string => newId(now())
  function begin({ a, u, g }: Pick<Visit, 'a' | 'u' | 'g'>): Visit {
    const time = now()
    return (visit = { a, u, g, s: makeId(), b: time, t: time, n: 0 })
  }

  /** `cookieToo`: what changed has to be on subdomains now. */
  function save({ t }: Visit, cookieToo: boolean): void {
    const text = JSON.stringify(visit)
    storage?.save(key, text)
    if (cookie && (cookieToo || t - cookieTime > COOKIE_LAG_MS)) {
      cookieTime = t
      cookie.write(text)
    }
  }

  /** Changes the visit of now, its session renewed when it has ended. What changes has the newest time, so that it holds everywhere. */
  function touch(change: (current: Visit) => void, cookieToo = true): void {
    const time = now()
    let current = latest()
    // Also after a clock that was far ahead was set right.
    const ended = Math.abs(time - current.t) >= IDLE_MS || time - current.b >= LONGEST_MS
    if (ended) current = begin(current)
    current.t = Math.max(time, current.t)
    change(current)
    save(current, ended || cookieToo)
  }

  return {
    stamp() {
      let fields!: ReturnType<Visitor['stamp']>
      touch((current) => {
        fields = {
          anonymous_id: current.a,
          user_id: current.u,
          group_id: current.g,
          session_id: current.s,
          seq: current.n++,
        }
      }, false)
      return fields
    },
    campaignNow: () => latest().c,
    setCampaign: (campaign) =>
      touch((current) => {
        current.c = campaign
      }),
    identify: (userId) =>
      touch((current) => {
        if (current.u !== undefined && current.u !== userId) current = begin({ a: makeId() })
        current.u = userId
      }),
    group: (groupId) =>
      touch((current) => {
        current.g = groupId
      }),
    reset: () => save(begin({ a: makeId() }), true),
    keep(...given) {
      ;[storage, cookie] = given
      // Who was here before there was consent is the same visitor on the next page.
      if (visit) save(latest(), true)
    },
    forget() {
      storage?.erase(key)
      cookie?.remove()
      storage = cookie = visit = undefined
    },
  }
}
