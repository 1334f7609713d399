// `@penstock/browser`: everything. See core.ts for what is left out there.
import type { AnyPlan, EventPlan } from '@penstock/sdk-core'
import { readCampaign } from './campaign.ts'
import { createClient } from './client.ts'
import { type Consent, createConsent } from './consent.ts'
import { type BrowserOptions, browserTable } from './options.ts'
import { type PageViews, watchPageViews } from './page-views.ts'
import type { Penstock } from './penstock.ts'
import { readSetting } from './setting.ts'
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
  const setting = readSetting(options, browserTable())
  const { isOff, isPrivate } = setting
  const { writeKey, persistence, consent: wanted, pageViews, hashRouting } = setting.resolved
  let views: PageViews | undefined
  const consentKey = `penstock:${writeKey}:consent`
  const consent = createConsent(
    isPrivate ? 'denied' : known(wanted),
    openWebStorage(isOff || persistence === 'memory' ? null : 'localStorage'),
    consentKey,
  )
  const client = createClient(setting, {
    consent: () => (isOff ? 'denied' : consent.current()),
    before: () => views?.settle(),
    claimPage: (name) => views?.claim(name) ?? true,
    context: () => ({ campaign: client.visitor.campaignNow() }),
    stop: () => views?.stop(),
  })
  const arrive = () => {
    const campaign = readCampaign(location.search)
    if (campaign !== null) client.visitor.setCampaign(campaign)
  }
  const decided = (consent: string | null) => {
    if (consent === 'granted') client.start()
    else if (consent) {
      client.core.settle(
        client.core.unsent().map(({ id }) => id),
        'consent',
      )
      client.visitor.forget()
    }
  }
  if (!isOff) {
    // Another tab's decision is this one's: it may be the one that sends for both.
    addEventListener('storage', ({ key, newValue }) => {
      if (key === consentKey) decided(newValue)
    })
    if (consent.current() === 'granted') client.start()
    arrive()
    if (pageViews === true) {
      views = watchPageViews({
        hashRouting: hashRouting === true,
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
      if (!isOff) decided('granted')
    },
    optOut() {
      consent.decide('denied')
      decided('denied')
    },
  }
}

/** Denied is the one reading of a wrong word that harms nobody. */
const known = (consent: Consent = 'granted'): Consent =>
  consent === 'granted' || consent === 'pending' ? consent : 'denied'
