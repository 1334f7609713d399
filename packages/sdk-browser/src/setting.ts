// What is known before a client is made: the caller's options, complete, and whether the page has a visitor who can be asked.
import { type OptionTable, type Warner, resolveOptions } from '@penstock/sdk-core'
import type { BrowserOptions, CoreEntryOptions, ResolvedCore } from './options.ts'
import { createWarner } from './platform.ts'

export interface Setting {
  resolved: ResolvedCore & Pick<BrowserOptions, 'consent' | 'pageViews' | 'hashRouting'>
  logger: Warner
  /** Nothing happens at all: not enabled, or there is no page but a server that renders one. */
  isOff: boolean
  /** Not to be tracked unless the visitor says otherwise: this browser sends Global Privacy Control. */
  isPrivate: boolean
}

/** @throws TypeError when `writeKey` or `host` is missing */
export function readSetting(given: CoreEntryOptions, table: OptionTable): Setting {
  const target = given.logger ?? console
  const logger = createWarner(target)
  const resolved = resolveOptions(given, table, logger) as unknown as Setting['resolved']
  const isOff = !resolved.enabled || typeof document === 'undefined'
  const isPrivate =
    !isOff &&
    resolved.globalPrivacyControl &&
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true
  if (isPrivate) target.info?.('[penstock] Global Privacy Control: nothing is sent')
  return { resolved, logger, isOff, isPrivate }
}
