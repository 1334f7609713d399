/**
 * The page's localStorage or sessionStorage, or null when it may not be used: touching it throws where the user denied it,
 * and writing throws in some private modes.
 */
export function openWebStorage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    const storage = window[kind]
    const probe = 'penstock:probe'
    storage.setItem(probe, probe)
    storage.removeItem(probe)
    return storage
  } catch {
    return null
  }
}
