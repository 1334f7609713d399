// `@penstock/browser/react`: the client in React's context, and page views for any router. Brings no client of its own: make
// one outside the components, so that a component that is rendered twice does not make two.
import { type ReactElement, type ReactNode, createContext, createElement, useContext, useEffect } from 'react'
import type { AnyPlan, EventPlan } from '@penstock/sdk-core'
import type { CorePenstock, Penstock } from './penstock.ts'

const PenstockContext = createContext<CorePenstock | null>(null)

export interface PenstockProviderProps {
  /** A client of `createPenstock`, made once, outside any component. */
  client: CorePenstock<never> | CorePenstock
  children?: ReactNode
}

/** Gives the client to every component below. */
export function PenstockProvider({ client, children }: PenstockProviderProps): ReactElement {
  return createElement(PenstockContext.Provider, { value: client as CorePenstock }, children)
}

/**
 * The client, with the types of your tracking plan when you name it.
 * @throws Error outside a `PenstockProvider`
 */
export function usePenstock<Plan extends EventPlan = AnyPlan>(): Penstock<Plan> {
  const client = useContext(PenstockContext)
  if (client === null) throw new Error('usePenstock needs a <PenstockProvider client={…}> above it')
  return client as unknown as Penstock<Plan>
}

/** The client's `track`; the same function in every render. */
export function useTrack<Plan extends EventPlan = AnyPlan>(): Penstock<Plan>['track'] {
  return usePenstock<Plan>().track
}

/** The last place whose view was counted. Outside the components: React's strict mode runs effects twice. */
const counted = new WeakMap<object, string>()

/**
 * Counts a page view whenever `place` changes; give it what your router says about where it is: `useLocation().pathname`
 * (React Router, wouter), `usePathname()` (Next.js), `useRouterState().location.pathname` (TanStack Router). Needed only with
 * `pageViews: false` or `@penstock/browser/core`; otherwise navigations are seen without it. Once per place, also in strict
 * mode and when the component is mounted anew.
 */
export function usePageViews(place: string, name?: string): void {
  const client = usePenstock()
  useEffect(() => {
    if (counted.get(client) === place) return
    counted.set(client, place)
    client.page(name)
  }, [client, place, name])
}
