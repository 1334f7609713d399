// Counts page views: the first page and each navigation, also those without a page load, once each. A page view waits a
// moment, so that the title is the new page's, a redirect counts as one, and a `page()` of the application counts instead of
// ours; another event, or leaving, makes it at once, so that it stands before what happened on the page.

/** Longer than routers take to render a page and set its title; short enough that nobody has left. */
const SETTLE_MS = 100

export interface PageViews {
  /** Makes the page view that waits, if one does. */
  settle(): void
  /** The application counts this page view itself. False: this navigation has its page view of that name already. */
  claim(name: string | undefined): boolean
  stop(): void
}

export function watchPageViews(deps: {
  /** Whether a change of the part behind `#` is a navigation. */
  hashRouting: boolean
  /** A page view is due. */
  view: () => void
  /** A navigation without a page load has left this address. */
  left: (url: string) => void
}): PageViews {
  const counted = new Set<string | undefined>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let url = location.href
  let path = pathOf()

  function pathOf(): string {
    return location.pathname + (deps.hashRouting ? location.hash : '')
  }

  function begin(): void {
    counted.clear()
    clearTimeout(timer)
    timer = setTimeout(settle, SETTLE_MS)
  }

  function settle(): void {
    if (timer === undefined) return
    clearTimeout(timer)
    timer = undefined
    counted.add(undefined)
    deps.view()
  }

  /** A changed query is a navigation when there is a new history entry, and none when the entry was only rewritten. */
  function moved(rewritten: boolean): void {
    const before = url
    const pathBefore = path
    url = location.href
    path = pathOf()
    if (path === pathBefore && (rewritten || url.split('#')[0] === before.split('#')[0])) return
    deps.left(before)
    begin()
  }

  const pushed = () => moved(false)
  const restored = (event: PageTransitionEvent) => {
    if (event.persisted) begin()
  }
  const { pushState, replaceState } = history
  const patchedPush: typeof pushState = function (this: History, ...args) {
    settle() // what waits is about the page that is left now
    pushState.apply(this, args)
    moved(false)
  }
  const patchedReplace: typeof replaceState = function (this: History, ...args) {
    replaceState.apply(this, args)
    moved(true)
  }
  history.pushState = patchedPush
  history.replaceState = patchedReplace
  addEventListener('popstate', pushed)
  addEventListener('hashchange', pushed)
  addEventListener('pageshow', restored)
  // A page that is rendered ahead of time has no visitor yet.
  if ((document as { prerendering?: boolean }).prerendering === true)
    document.addEventListener('prerenderingchange', begin, { once: true })
  else begin()

  return {
    settle,
    claim(name) {
      if (counted.has(name)) return false
      clearTimeout(timer)
      timer = undefined
      counted.add(undefined).add(name)
      return true
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
      // Somebody may have wrapped ours meanwhile: then it stays, and does no harm.
      if (history.pushState === patchedPush) history.pushState = pushState
      if (history.replaceState === patchedReplace) history.replaceState = replaceState
      removeEventListener('popstate', pushed)
      removeEventListener('hashchange', pushed)
      removeEventListener('pageshow', restored)
    },
  }
}
