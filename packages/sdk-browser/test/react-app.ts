// The application of react.browser.test.ts, bundled by site.ts.
import { StrictMode, createElement, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { Penstock } from '../src/index.ts'
import { PenstockProvider, usePageViews, useTrack } from '../src/react.ts'

function Shop() {
  const [place, setPlace] = useState(0)
  usePageViews(`/${place}`)
  const track = useTrack()
  return createElement(
    'main',
    null,
    createElement('button', { id: 'go', onClick: () => setPlace(place + 1) }, 'go'),
    createElement('button', { id: 'buy', onClick: () => track('Bought', { place: `/${place}` }) }, 'buy'),
  )
}

const app = { renderApp }
Object.assign(window, app)

/** With null: without a provider. */
function renderApp(client: Penstock | null, root: HTMLElement): void {
  const shop = createElement(Shop)
  const provided = client === null ? shop : createElement(PenstockProvider, { client }, shop)
  createRoot(root).render(createElement(StrictMode, null, provided))
}
