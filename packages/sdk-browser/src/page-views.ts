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

  function cancel(): void {
    clearTimeout(timer)
    timer = undefined
  }

  function begin(): void {
    counted.clear()
    cancel()
    timer = setTimeout(settle, SETTLE_MS)
  }

  function settle(): void {
    if (timer === undefined) return
    cancel()
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

  /** Returns how to undo it. */
  function patch(name: 'pushState' | 'replaceState', rewrites: boolean): () => void {
    const original = history[name]
    const patched: typeof original = function (this: History, ...given) {
      if (!rewrites) settle() // what waits is about the page that is left now
      original.apply(this, given)
      moved(rewrites)
    }
    history[name] = patched
    return () => {
      // Somebody may have wrapped ours meanwhile: then it stays, and does no harm.
      if (history[name] === patched) history[name] = original
    }
  }

  const undo = [patch('pushState', false), patch('replaceState', true)]
  const aborter = new AbortController()
  const on = (type: string, run: (event: Event) => void) =>
    addEventListener(type, run, { signal: aborter.signal })
  on('popstate', () => moved(false))
  on('hashchange', () => moved(false))
  on('pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) begin()
  })
  // A page that is rendered ahead of time has no visitor yet.
  if ((document as { prerendering?: boolean }).prerendering === true)
    document.addEventListener('prerenderingchange', begin, { once: true })
  else begin()

  return {
    settle,
    claim(name) {
      if (counted.has(name)) return false
      cancel()
      counted.add(undefined).add(name)
      return true
    },
    stop() {
      cancel()
      aborter.abort()
      for (const restore of undo) restore()
    },
  }
}
