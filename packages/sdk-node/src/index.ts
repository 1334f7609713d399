export { createPenstock } from './penstock.ts'
export type { NodeStats, Penstock } from './penstock.ts'
export type {
  AliasCall,
  Bound,
  CallOptions,
  GroupCall,
  Identity,
  IdentifyCall,
  PageCall,
  StillNeeded,
  TrackCall,
} from './calls.ts'
export type { Logger, NodeOptions, SpoolOptions } from './options.ts'
export type { SpoolStats } from './spool/spool.ts'
export { PenstockError } from '@penstock/sdk-core'
export type {
  AnyPlan,
  CommonOptions,
  Dropped,
  DroppedEvent,
  DropReason,
  EventName,
  EventPlan,
  FlushResult,
  PropertiesArgument,
  PropertiesOf,
  ShutdownReport,
  Stats,
  Values,
} from '@penstock/sdk-core'
