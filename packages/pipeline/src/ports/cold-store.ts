// The cold store: where questions are answered. Writer and reader are two ports, so that the reader can be read-only.

/** One row of the events table. Times are ms since 1970; absent texts are ''. */
export interface ColdRow {
  projectId: string
  /** 16 bytes. */
  eventId: Uint8Array
  type: string
  /** The event name of every answer. */
  name: string
  /** A track's own `event` as sent, '' for others. */
  event: string
  /** A text that may be empty, so that an absent one is null. */
  pageName: string | null
  eventTime: number
  receivedAt: number
  /** The timestamp as the client sent it, when it differs from the event time. */
  originalTimestamp: number | null
  userId: string
  anonymousId: string
  previousId: string
  groupId: string
  /** Like `pageName`. */
  sessionId: string | null
  seq: number | null
  /** JSON texts, '' when absent. */
  properties: string
  traits: string
  context: string
}

/** A link row: `anonymousId` was seen with `userId` in the event. */
export interface ColdLink {
  projectId: string
  anonymousId: string
  userId: string
  eventTime: number
  eventId: Uint8Array
}

export interface ColdInsert {
  /** `[A-Za-z0-9_-]`, at most 64; stored in every row as `batch`. */
  batch: string
  /**
   * Differs per attempt of the same batch; the store drops a repeated insert with the same one, even where it died before the rows
   * of the first one were there.
   */
  attemptToken: string
  partition: number
  epoch: number
}

/**
 * Inserts are synchronous and durable when they resolve. Errors: `rejected` when the store refuses the data (bisect),
 * `fenced`, everything else transient.
 */
export interface ColdWriter {
  /** One insert, one block, all rows of one month (UTC, `YYYYMM` of the event time). */
  insertEvents(rows: readonly ColdRow[], insert: ColdInsert): Promise<void>
  insertLinks(links: readonly ColdLink[], insert: ColdInsert): Promise<void>
  /**
   * Ids (lower-case UUID texts, prefixed `project/`) of the rows that stand in the store with this `batch`.
   * @param months - where to look (`coldMonth` of the plan's events); everywhere when left out, which costs a scan.
   */
  storedOf(batch: string, months?: readonly number[]): Promise<Set<string>>
  /** Takes back the links of refused events. */
  removeLinks(batch: string, eventIds: readonly Uint8Array[]): Promise<void>
  /** No insert of an older epoch of this partition can happen after this resolved. */
  fence(partition: number, epoch: number): Promise<void>
  /** Removes events of the project before this event time. Idempotent. */
  sweep(projectId: string, beforeEventTime: number): Promise<void>
}

/** Months differ by partition in the cold store. */
export function coldMonth(eventTime: number): number {
  const date = new Date(eventTime)
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1
}

export type ColdParam = string | number | boolean | null | readonly (string | number)[]

export interface ColdQuery {
  /** ClickHouse SQL with `{name:Type}` placeholders. Never built from a caller's text. */
  sql: string
  params: Readonly<Record<string, ColdParam>>
  signal?: AbortSignal
}

export interface ColdStats {
  elapsedMs: number
  rowsRead: number
}

/** Read-only, with limits of time, memory and rows. Errors: `overloaded` (`driverCode` `timeout` or `memory`), `unavailable`. */
export interface ColdReader {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows its SELECT
  query<Row>(query: ColdQuery): Promise<{ rows: Row[]; stats: ColdStats }>
  /** Rows in order, without holding them all. */

  stream<Row>(query: ColdQuery): AsyncIterable<Row[]>
  ping(): Promise<void>
}
