// What every event says about the page it happened on.
import { version } from '../package.json'

export interface PageContext {
  /** The `context` of an event that happens now. */
  now(): Record<string, unknown>
  /** The page that a single-page navigation left: the referrer from now on. */
  left(url: string): void
}

export function createPageContext(): PageContext {
  let referrer = typeof document === 'undefined' ? '' : document.referrer // on a server nothing is sent
  let timezone: string | undefined
  try {
    timezone = Intl.DateTimeFormat().resolvedOptions().timeZone
  } catch {
    // Without the zone, then.
  }
  return {
    now: () => ({
      library: { name: '@penstock/browser', version },
      page: { url: location.href, path: location.pathname, referrer, title: document.title },
      locale: navigator.language,
      screen: { width: screen.width, height: screen.height },
      timezone,
    }),
    left(url) {
      referrer = url
    },
  }
}
