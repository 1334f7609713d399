// What product teams ask, in our words. Definitions: docs/api.md §3. An adapter works a question out completely: ranges,
// time zones, defaults and what a bad parameter is; the caller only carries it over HTTP.
import type { JsonValue, StoredEvent } from '@penstock/contract'
import type { ColdStats } from './cold-store.ts'

/** Who asks, and when. `now` and `asOf` are ms since 1970; `asOf` was read before the question. */
export interface QuestionContext {
  projectId: string
  now: number
  asOf: number
  signal?: AbortSignal
}

/** A parameter that cannot be answered: 400 `parameter_invalid`. */
export class QuestionInvalidError extends Error {
  override readonly name = 'QuestionInvalidError'
  constructor(
    readonly parameter: string,
    message: string,
  ) {
    super(message)
  }
}

/** A cursor that no list can have returned, whoever keeps the list. */
export const cursorInvalid = (): QuestionInvalidError =>
  new QuestionInvalidError('cursor', 'cursor must be the next_cursor of the page before.')

export const FILTER_OPERATORS = [
  'eq',
  'neq',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'starts_with',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
  'not_exists',
] as const
export type FilterOperator = (typeof FILTER_OPERATORS)[number]

export interface Filter {
  property: string
  op: FilterOperator
  value?: JsonValue
}

export const INTERVALS = ['hour', 'day', 'week', 'month'] as const
export type Interval = (typeof INTERVALS)[number]

/** `from` and `to` are dates in `tz` or RFC 3339 times, as the caller wrote them. */
export interface RangeInput {
  from?: string
  to?: string
  tz?: string
  filters?: readonly Filter[]
}

export interface ActiveUsersInput extends RangeInput {
  interval?: Interval
  event?: string
  rolling?: number
}
export interface ActiveUsersRow {
  period: string
  users: number
  partial?: true
}

export interface TopEventsInput extends RangeInput {
  limit?: number
  order?: 'events' | 'users'
}
export interface TopEventsRow {
  event: string
  events: number
  users: number
  share: number
}

export interface RetentionInput extends RangeInput {
  interval?: Interval
  periods?: number
  mode?: 'first_time' | 'recurring'
  count?: 'on' | 'on_or_after'
  start_event?: string
  return_event?: string
}
export interface RetentionRow {
  cohort: string
  size: number
  values: (number | null)[]
  rates: (number | null)[]
  partial?: true
}

export interface ExportInput extends RangeInput {
  event?: string
}

export interface Answer<Row> {
  /** The question as understood, defaults filled. */
  query: Record<string, unknown>
  timezone: string
  data: Row[]
  stats: ColdStats
}

export interface EventExport {
  /** As understood, defaults filled: ms since 1970, `start` inclusive, `end` exclusive. */
  range: { start: number; end: number }
  /** Ordered by event time, then event id. Read once; throws PipelineError. */
  events: AsyncIterable<StoredEvent[]>
}

/** All throw QuestionInvalidError, or PipelineError as ColdReader does. */
export interface Questions {
  activeUsers(input: ActiveUsersInput, context: QuestionContext): Promise<Answer<ActiveUsersRow>>
  topEvents(input: TopEventsInput, context: QuestionContext): Promise<Answer<TopEventsRow>>
  retention(input: RetentionInput, context: QuestionContext): Promise<Answer<RetentionRow>>
  /** Invalid input throws at once; the store is asked when the events are read. */
  exportEvents(input: ExportInput, context: QuestionContext): EventExport
}
