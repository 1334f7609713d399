// Who did it (docs/api.md §3, "Actor"), in two steps, because resolving every event is the expensive way: events are
// grouped by who they name themselves (`RAW_ACTOR`, an 8-byte hash), and the groups are resolved through the links.
// User ids and anonymous ids are hashed apart, so that user `42` and anonymous `42` stay two actors.
import type { Statement } from './statement.ts'

/** The hash of the event's user, else of its anonymous id. */
export const RAW_ACTOR = 'if(user_hash != 0, user_hash, anonymous_hash)'

/** Only these make an actor active. */
export const IS_ACTIVE = `type IN ('track', 'page', 'screen')`

/**
 * One number per event that sorts as (event time, lower-case text of the event id). ClickHouse's own order of UUIDs is
 * another one; as a number of 128 bits they sort as their texts do. One wide number is compared five times faster than a tuple.
 */
export const EVENT_ORDER =
  'bitShiftLeft(toUInt256(toUnixTimestamp64Milli(event_time) + 4611686018427387904), 128) + toUInt128(event_id)'

/** Rows `anonymous_hash, linked_user_hash`: the link that holds for each anonymous id. */
export const holdingLinks = ({ ofProject }: Statement): string =>
  `SELECT anonymous_hash, argMin(user_hash, ${EVENT_ORDER}) AS linked_user_hash
   FROM links_v1 WHERE ${ofProject} GROUP BY anonymous_hash`

/**
 * Adds `actor` to a subquery that has `raw_actor`. Rows of one actor may be several (its user's and its anonymous ids'):
 * the caller groups by `actor`.
 */
export const withActors = (statement: Statement, subquery: string): string =>
  `SELECT *, if(linked_user_hash != 0, linked_user_hash, raw_actor) AS actor
   FROM (${subquery}) AS raw
   ANY LEFT JOIN (${holdingLinks(statement)}) AS links ON raw.raw_actor = links.anonymous_hash`
