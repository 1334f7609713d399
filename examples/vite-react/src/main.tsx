import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createPenstock } from '@penstock/browser'
import { PenstockProvider } from '@penstock/browser/react'
import { Shop } from './shop.tsx'
import type { Plan } from './plan.ts'

// One client, made outside the components. Page views, also those of navigations, are counted by themselves.
const penstock = createPenstock<Plan>({
  writeKey: import.meta.env['VITE_PENSTOCK_WRITE_KEY'] ?? 'pk_dev',
  host: import.meta.env['VITE_PENSTOCK_URL'] ?? 'http://127.0.0.1:4180',
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <PenstockProvider client={penstock}>
      <Shop />
    </PenstockProvider>
  </StrictMode>,
)
