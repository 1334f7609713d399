export { PipelineError, isPipelineError } from './errors.ts'
export type { PipelineErrorKind, StoreName } from './errors.ts'
export type { Appended, EventLog, LogEnd, LogMessage, LogUsage, ReadLimits } from './ports/event-log.ts'
export { identityKey, samePosition } from './ports/identity.ts'
export type { Identity, Position } from './ports/identity.ts'
export type {
  AcceptedEvent,
  ColdPlan,
  HotCommit,
  LinkFact,
  NewDeadLetter,
  Refusal,
  RegistryEntry,
  RegistryState,
  StateChange,
  StateRow,
  Totals,
  WorkerState,
} from './ports/worker-state.ts'
export type { HeldLease, Lease, PartitionLeases, PresentWorker } from './ports/partition-leases.ts'
export type {
  ActorKey,
  HotProfile,
  HotRow,
  HotStore,
  HotSweeper,
  TimelineCursor,
  TimelineQuery,
} from './ports/hot-store.ts'
export type { DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters } from './ports/dead-letters.ts'
export type { LetterBodies, LetterBody } from './ports/letter-bodies.ts'
export { coldMonth } from './ports/cold-store.ts'
export type {
  ColdInsert,
  ColdLink,
  ColdParam,
  ColdQuery,
  ColdReader,
  ColdRow,
  ColdStats,
  ColdWriter,
} from './ports/cold-store.ts'
export type { KeyRole, Project, ProjectKey, ProjectStore } from './ports/projects.ts'
export { decodeEvent } from './event/decode-event.ts'
export { actorOf, linksOf } from './event/event-actor.ts'
export { holdsBefore, rankToKeep, type LinkRank } from './event/link-rank.ts'
export { bytesHash, contentText } from './event/event-content.ts'
export { storedEvent } from './event/stored-event.ts'
export { formatTimestamp, parseTimestamp } from './event/timestamp.ts'
export { asOf, lagOf, processedThrough } from './freshness.ts'
export type { Stage } from './freshness.ts'
export { cursorInvalid, FILTER_OPERATORS, INTERVALS, QuestionInvalidError } from './ports/questions.ts'
export type {
  ActiveUsersInput,
  ActiveUsersRow,
  Answer,
  EventExport,
  ExportInput,
  Filter,
  FilterOperator,
  Interval,
  QuestionContext,
  Questions,
  RangeInput,
  RetentionInput,
  RetentionRow,
  TopEventsInput,
  TopEventsRow,
} from './ports/questions.ts'
export { FAILPOINTS, noFailpoint } from './failpoint.ts'
export type { Failpoint, FailpointName } from './failpoint.ts'
