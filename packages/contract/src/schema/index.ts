export { AnyObject, ProjectQuery } from './parts.ts'
export { ProblemSchema } from './problem.ts'
export {
  EventSchema,
  EventsBodySchema,
  EventWarningSchema,
  IngestResponseSchema,
  RejectedEventSchema,
  StoredEventSchema,
} from './events.ts'
export { EventIdParams, ReceiptQuery, ReceiptSchema } from './receipt.ts'
export { TimelineQuerySchema, TimelineSchema, UserParams, UserProfileSchema, UserQuery } from './users.ts'
export type { UserProfile } from './users.ts'
export {
  ActiveUsersAnswer,
  ActiveUsersQuery,
  ExportQuery,
  FiltersSchema,
  RetentionAnswer,
  RetentionQuery,
  TopEventsAnswer,
  TopEventsQuery,
} from './questions.ts'
export {
  BulkReplayBody,
  BulkReplaySchema,
  DeadLetterDetailSchema,
  DeadLetterListQuery,
  DeadLetterListSchema,
  DeadLetterParams,
  DeadLetterSchema,
  DeadLetterStateSchema,
  DeadLetterSummarySchema,
  ReplayBody,
} from './dead-letters.ts'
export type { DeadLetterView } from './dead-letters.ts'
export {
  DEFAULT_RETENTION_DAYS,
  KeyBody,
  KeyListSchema,
  KeyParams,
  KeySchema,
  NewKeySchema,
  ProjectBody,
  ProjectListSchema,
  ProjectParams,
  ProjectSchema,
} from './projects.ts'
export { LiveSchema, ReadySchema } from './health.ts'
