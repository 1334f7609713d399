import { useState } from 'react'
import { usePenstock, useTrack } from '@penstock/browser/react'
import type { Plan } from './plan.ts'

export function Shop() {
  const penstock = usePenstock<Plan>()
  const track = useTrack<Plan>()
  const [sku, setSku] = useState<string | null>(null)

  function view(next: string) {
    history.pushState(null, '', `/products/${next}`)
    setSku(next)
    track('Product Viewed', { sku: next })
  }

  if (sku === null) return <button onClick={() => view('pump-7')}>Look at the pump</button>
  return (
    <>
      <h1>{sku}</h1>
      <button onClick={() => track('Order Completed', { total: 12.5 })}>Buy</button>
      <button onClick={() => penstock.identify('ada', { plan: 'pro' })}>Log in</button>
      <button onClick={() => penstock.reset()}>Log out</button>
    </>
  )
}
