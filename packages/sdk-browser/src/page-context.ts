// What every event says about the page it happened on.
import { quietly } from '@penstock/sdk-core'
import { version } from '../package.json'

export interface PageContext {
  /** The `context` of an event that happens now. */
  now(): Record<string, unknown>
  /** The page that a single-page navigation left: the referrer from now on. */
  left(url: string): void
}

export function createPageContext(): PageContext {
  let referrer: string | undefined
  let timezone: string | undefined
  return {
    now: () => ({
      library: { name: '@penstock/browser', version },
      page: {
        url: location.href,
        path: location.pathname,
        referrer: (referrer ??= document.referrer),
        title: document.title,
      },
      locale: navigator.language,
      screen: { width: screen.width, height: screen.height },
      timezone: (timezone ??= quietly(() => Intl.DateTimeFormat().resolvedOptions().timeZone)),
    }),
    left(url) {
      referrer = url
    },
  }
}
