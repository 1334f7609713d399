export { commonOptions } from './defaults.ts'
export { createCore } from './core.ts'
export type { Core } from './core.ts'
export { PenstockError } from './event.ts'
export type {
  Draft,
  Dropped,
  DroppedEvent,
  DropReason,
  FlushResult,
  ShutdownReport,
  Stats,
  Values,
} from './event.ts'
export { createEventIds } from './event-id.ts'
export { resolveOptions } from './options.ts'
export type { CommonOptions, CoreOptions, OptionRule, OptionTable, Resolved } from './options.ts'
export type { AnyPlan, EventName, EventPlan, PropertiesArgument, PropertiesOf } from './plan.ts'
export type {
  Answer,
  Attempt,
  Cancel,
  Clock,
  Ids,
  Lifecycle,
  Payload,
  Platform,
  Store,
  StoredEvent,
  Transport,
  Warner,
} from './platform.ts'
export { judge } from './verdict.ts'
export { describeWarning } from './warnings.ts'
export type { WarningCode } from './warnings.ts'
