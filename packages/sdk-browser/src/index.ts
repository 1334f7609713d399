// `@penstock/browser`: everything. See core.ts for what is left out there.
import { type AnyPlan, type EventPlan, resolveOptions } from '@penstock/sdk-core'
import { readCampaign } from './campaign.ts'
import { createClient } from './client.ts'
import { type Consent, createConsent } from './consent.ts'
import { type BrowserOptions, type ResolvedCore, browserTable } from './options.ts'
import { type PageViews, watchPageViews } from './page-views.ts'
import type { Penstock } from './penstock.ts'
import { createWarner } from './platform.ts'
import { privacyControlDenies } from './privacy-control.ts'
import { openWebStorage } from './web-storage.ts'

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
export type { Consent } from './consent.ts'
export type { CallOptions, CorePenstock, Penstock } from './penstock.ts'
export type { BrowserLogger, BrowserOptions, CoreEntryOptions } from './options.ts'

/**
 * Makes a client and begins to count page views. On a server (no `document`) it is one that drops everything.
 * @throws TypeError when `writeKey` or `host` is missing
 */
export function createPenstock<Plan extends EventPlan = AnyPlan>(options: BrowserOptions): Penstock<Plan> {
  const resolved = resolveOptions(
    options,
    browserTable(),
    createWarner(options.logger ?? console),
  ) as unknown as ResolvedCore & Pick<BrowserOptions, 'consent' | 'pageViews' | 'hashRouting'>
  const dead = !resolved.enabled || typeof document === 'undefined'
  let views: PageViews | undefined
  const consent = createConsent({
    initial: privacyControlDenies(resolved) ? 'denied' : known(resolved.consent),
    storage: dead || resolved.persistence === 'memory' ? null : openWebStorage('localStorage'),
    key: `penstock:${resolved.writeKey}:consent`,
  })
  const client = createClient(resolved, {
    consent: () => (dead ? 'denied' : consent.current()),
    before: () => views?.settle(),
    claimPage: (name) => views?.claim(name) ?? true,
    context: () => ({ campaign: client.visitor.campaign() }),
    stop: () => views?.stop(),
  })
  const arrive = () => {
    const campaign = readCampaign(location.search)
    if (campaign !== null) client.visitor.setCampaign(campaign)
  }
  if (!dead) {
    if (consent.current() === 'granted') client.start()
    arrive()
    if (resolved.pageViews === true) {
      views = watchPageViews({
        hashRouting: resolved.hashRouting === true,
        view: () => {
          arrive()
          client.view()
        },
        left: client.page.left,
      })
    }
  }
  return {
    ...(client.api as unknown as Penstock<Plan>),
    optIn() {
      consent.decide('granted')
      if (!dead) client.start()
    },
    optOut() {
      consent.decide('denied')
      client.core.settle(
        client.core.unsent(Infinity).map(({ id }) => id),
        'consent',
      )
      client.visitor.forget()
    },
  }
}

/** Denied is the one reading of a wrong word that harms nobody. */
const known = (consent: Consent = 'granted'): Consent =>
  consent === 'granted' || consent === 'pending' ? consent : 'denied'
