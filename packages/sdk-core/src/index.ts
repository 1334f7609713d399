export { createCore } from './core.ts'
export type { Core } from './core.ts'
export { PenstockError, asText } from './event.ts'
export type {
  Draft,
  Dropped,
  DroppedEvent,
  DropReason,
  FlushResult,
  Outcome,
  ShutdownReport,
  Stats,
  Values,
  WrittenEvent,
} from './event.ts'
export { quietly } from './quietly.ts'
export { commonOptions, resolveOptions } from './options.ts'
export type { CommonOptions, CoreOptions, OptionRule, OptionTable, Resolved } from './options.ts'
export type { AnyPlan, EventName, EventPlan, PropertiesArgument, PropertiesOf } from './plan.ts'
export type {
  Answer,
  Cancel,
  Clock,
  Payload,
  Platform,
  Store,
  StoredEvent,
  Transport,
  Warner,
} from './platform.ts'
export { MAX_DEPTH, MAX_EVENT_BYTES, MAX_KEYS } from './limits.ts'
export { createSafeJson } from './safe-json.ts'
export type { SafeJson } from './safe-json.ts'
export { judge } from './verdict.ts'
export { describeWarning } from './warnings.ts'
export type { WarningCode } from './warnings.ts'
