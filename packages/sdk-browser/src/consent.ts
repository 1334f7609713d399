// Whether events may be kept and sent. A decision made by `optIn` or `optOut` is remembered and counts for every tab, more
// than the option and than Global Privacy Control.

export type Consent = 'granted' | 'pending' | 'denied'

export interface ConsentRecord {
  current(): Consent
  decide(consent: 'granted' | 'denied'): void
}

export function createConsent(deps: {
  initial: Consent
  /** Null: the decision is remembered by this page only. */
  storage: Storage | null
  key: string
}): ConsentRecord {
  let decided: Consent | undefined
  return {
    current() {
      const stored = deps.storage?.getItem(deps.key)
      if (stored === 'granted' || stored === 'denied') return stored
      return decided ?? deps.initial
    },
    decide(consent) {
      decided = consent
      try {
        deps.storage?.setItem(deps.key, consent)
      } catch {
        // Full: for this page, then.
      }
    },
  }
}
