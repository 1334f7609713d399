// What callers write, and the drafts it becomes. Callers may be JavaScript: nothing here relies on the types.
import {
  type Draft,
  type EventName,
  type EventPlan,
  type PropertiesArgument,
  type PropertiesOf,
  type Values,
  asText,
} from '@penstock/sdk-core'

/** Who did it; at least one of the two. */
export type Identity =
  | { /** 1–255 characters. */ userId: string; anonymousId?: string }
  | { userId?: string; /** 1–255 characters. */ anonymousId: string }

/** May be given with every call. */
export interface CallOptions {
  /** The event's identity, a UUID. @defaultValue a UUIDv7 of now */
  eventId?: string
  /** When it happened; RFC 3339 with an offset, or a Date. −30 days … +1 hour. @defaultValue now */
  timestamp?: string | Date
  /** Merged over the context of the client. */
  context?: Values
  /** ≤ 128 characters. */
  sessionId?: string
  /** Order within the session; integer ≥ 0. */
  seq?: number
}

type Call<Who, Fields> = Who & CallOptions & Fields

export type TrackCall<Who, Plan extends EventPlan, Name extends EventName<Plan>> = Call<
  Who,
  { /** 1–200 characters. */ event: Name } & PropertiesArgument<PropertiesOf<Plan, Name>>
>
export type IdentifyCall<Who> = Call<Who, { traits?: Values }>
export type PageCall<Who> = Call<Who, { /** ≤ 200 characters. */ name?: string; properties?: Values }>
export type GroupCall<Who> = Call<Who, { groupId: string; traits?: Values }>
export type AliasCall<Who> = Call<
  Who,
  { /** The anonymous id that `userId` had before. */ previousId: string }
>

/** What `with()` binds. */
export interface Bound {
  userId?: string
  anonymousId?: string
  sessionId?: string
  /** Merged over the client's own. */
  context?: Values
  /** As the option; for runtimes that give one with each request. */
  waitUntil?: (promise: Promise<unknown>) => void
}

/** After `with()` gave an id, calls need none. */
export type StillNeeded<Who, Given> = Given extends { userId: string } | { anonymousId: string }
  ? Partial<Record<'userId' | 'anonymousId', string>>
  : Who

/** `context` is the finished one. Never throws; a call that cannot even be read is sent as it is, for the server to refuse. */
export function toDraft(
  type: Draft['type'],
  call: unknown,
  bound: Bound,
  context: (own: unknown) => Values,
): Draft {
  try {
    const fields = (call ?? {}) as Record<string, unknown>
    return {
      event_id: asText(fields['eventId']),
      type,
      event: asText(fields['event']),
      name: asText(fields['name']),
      timestamp: fields['timestamp'] as string | undefined,
      user_id: asText(fields['userId'] ?? bound.userId),
      anonymous_id: asText(fields['anonymousId'] ?? bound.anonymousId),
      previous_id: asText(fields['previousId']),
      group_id: asText(fields['groupId']),
      session_id: asText(fields['sessionId'] ?? bound.sessionId),
      seq: fields['seq'] as number | undefined,
      properties: fields['properties'] as Values | undefined,
      traits: fields['traits'] as Values | undefined,
      context: context(fields['context']),
    }
  } catch {
    return { event_id: undefined, type }
  }
}
