// `@penstock/browser/core`: events, identity, sessions and delivery; no page views, UTM or consent states.
import type { AnyPlan, EventPlan } from '@penstock/sdk-core'
import { createClient } from './client.ts'
import { type CoreEntryOptions, coreTable } from './options.ts'
import type { CorePenstock } from './penstock.ts'
import { readSetting } from './setting.ts'

export { PenstockError } from '@penstock/sdk-core'
export type {
  AnyPlan,
  DroppedEvent,
  DropReason,
  EventPlan,
  FlushResult,
  ShutdownReport,
  Stats,
  Values,
} from '@penstock/sdk-core'
export type { CallOptions, CorePenstock } from './penstock.ts'
export type { BrowserLogger, CoreEntryOptions } from './options.ts'

/**
 * Makes a client. On a server (no `document`) it is one that drops everything.
 * @throws TypeError when `writeKey` or `host` is missing
 */
export function createPenstock<Plan extends EventPlan = AnyPlan>(
  options: CoreEntryOptions,
): CorePenstock<Plan> {
  const setting = readSetting(options, coreTable())
  const consent = setting.isOff || setting.isPrivate ? 'denied' : 'granted'
  const client = createClient(setting, { consent: () => consent })
  if (consent === 'granted') client.start()
  return client.api as unknown as CorePenstock<Plan>
}
