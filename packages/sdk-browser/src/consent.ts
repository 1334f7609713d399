// Whether events may be kept and sent. A decision made by `optIn` or `optOut` is remembered and counts for every tab, more
// than the option and than Global Privacy Control.
import type { WebStorage } from './web-storage.ts'

export type Consent = 'granted' | 'pending' | 'denied'

export interface ConsentRecord {
  current(): Consent
  decide(consent: 'granted' | 'denied'): void
}

/** `storage` may keep nothing: then the decision is remembered by this page only. */
export function createConsent(initial: Consent, storage: WebStorage, key: string): ConsentRecord {
  let consent = initial
  return {
    current() {
      const stored = storage.load(key)
      return stored === 'granted' || stored === 'denied' ? stored : consent
    },
    decide(decided) {
      consent = decided
      storage.save(key, decided)
    },
  }
}
