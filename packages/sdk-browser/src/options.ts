// What callers may set, and the defaults that differ from the Node SDK's.
import { type CommonOptions, type OptionTable, type Resolved, commonOptions } from '@penstock/sdk-core'
import type { Consent } from './consent.ts'

/** Where warnings go. */
export interface BrowserLogger {
  warn(...data: unknown[]): void
  /** Said where it is there. */
  info?(...data: unknown[]): void
}

/** Options of `@penstock/browser/core`. */
export interface CoreEntryOptions extends CommonOptions {
  /**
   * Where the visitor's ids and unsent events are kept. `full`: cookie, localStorage and IndexedDB. `session`: sessionStorage,
   * gone with the tab. `memory`: nowhere; a page load is a new visitor.
   * @defaultValue `'full'`
   */
  persistence?: 'full' | 'session' | 'memory'
  /** Whether the visitor's ids are kept in a first-party cookie, too. Only with `persistence: 'full'`. @defaultValue true */
  cookie?: boolean
  /** Whether that cookie is for all subdomains of the site, which are then one visitor. @defaultValue true */
  crossSubdomain?: boolean
  /** Whether a browser that sends Global Privacy Control counts as a denial until `optIn()`. @defaultValue true */
  globalPrivacyControl?: boolean
  /** Told of warnings, by code. @defaultValue `console` */
  logger?: BrowserLogger
}

/** Options of `@penstock/browser`. */
export interface BrowserOptions extends CoreEntryOptions {
  /**
   * Consent of a visitor who has not decided yet. `pending`: events wait in memory for `optIn()`, nothing is stored or sent.
   * `denied`: events are dropped. A remembered `optIn()` or `optOut()` counts more than this.
   * @defaultValue `'granted'`
   */
  consent?: Consent
  /** Whether page views are counted by themselves: the first page and each navigation. @defaultValue true */
  pageViews?: boolean
  /** Whether the part of the address behind `#` is the route. @defaultValue false */
  hashRouting?: boolean
}

export type ResolvedCore = Pick<CoreEntryOptions, 'beforeSend' | 'onError' | 'onDrop' | 'logger'> &
  Resolved<Omit<CoreEntryOptions, 'beforeSend' | 'onError' | 'onDrop' | 'logger'>>

export const coreTable = (): OptionTable => ({
  ...commonOptions({
    flushIntervalMs: 2_000,
    maxBatchEvents: 100,
    // Below the 64 KiB that may outlive the page.
    maxBatchBytes: 50_000,
    maxQueueBytes: 5 * 1_048_576,
    maxInFlight: 1,
    requestTimeoutMs: 15_000,
  }),
  persistence: ['string'],
  cookie: ['boolean', true],
  crossSubdomain: ['boolean', true],
  globalPrivacyControl: ['boolean', true],
})

export const browserTable = (): OptionTable => ({
  ...coreTable(),
  consent: ['string'],
  pageViews: ['boolean', true],
  hashRouting: ['boolean', false],
})
