// Reading what the hot stage wrote: events by id, timelines, links and profiles. Rows live until the later of log time and
// event time plus the hot retention.
import type { Identity, Position } from './identity.ts'

export interface HotRow extends Identity {
  position: Position
  receivedAt: number
  eventTime: number
  /** As sent. */
  bytes: Uint8Array
}

/** User ids and anonymous ids are separate namespaces. */
export interface ActorKey {
  projectId: string
  kind: 'user' | 'anonymous'
  id: string
}

/** A place in a timeline; the next page starts strictly behind it. */
export interface TimelineCursor {
  eventTime: number
  eventId: Uint8Array
}

export interface TimelineQuery {
  before?: TimelineCursor
  limit: number
}

/** Traits of a user: for each key the value of the `identify` with the greatest (event time, event id) that has the key. */
export interface HotProfile {
  traits: Map<string, unknown>
}

/** Reads may be concurrent and see everything committed before they began. */
export interface HotStore {
  /** In the order asked for; null where nothing live is stored. */
  events(identities: readonly Identity[]): Promise<(HotRow | null)[]>
  /**
   * Events stored under exactly this id: under the user when the event has a `user_id`, else under the anonymous id.
   * Newest first: event time, then event id, both descending.
   */
  timeline(actor: ActorKey, query: TimelineQuery): Promise<HotRow[]>
  /** Time of the first and of the last event under exactly this id, or null. */
  span(actor: ActorKey): Promise<{ firstSeen: number; lastSeen: number } | null>
  /** The user that the anonymous id is linked to: the smallest (event time, event id) holds. */
  linkedUser(projectId: string, anonymousId: string): Promise<string | null>
  /** Anonymous ids whose holding link names this user, in code-point order. */
  linkedAnonymousIds(projectId: string, userId: string): Promise<string[]>
  profile(projectId: string, userId: string): Promise<HotProfile | null>
}

/** Removal of what is past its retention. Each call does a bounded piece of work; `done` says that a whole round is over. */
export interface HotSweeper {
  /**
   * @param expiresBefore - per project: rows whose later of log time and event time is before this go, with their timeline
   * entries. Registry entries go with the registry window.
   */
  sweep(options: {
    now: number
    registryWindowMs: number
    hotRetentionMs: (projectId: string) => number
    maxRows: number
  }): Promise<{ removed: number; done: boolean }>
}
