// The page's localStorage or sessionStorage, or none. Touching it throws where the user denied it, writing throws where it is
// full and in some private modes: nothing here does.
import { quietly } from '@penstock/sdk-core'

export interface WebStorage {
  /** Null or undefined when there is nothing, or nothing may be read. */
  load(key: string): string | null | undefined
  /** True when it was written. */
  save(key: string, text: string): boolean | undefined
  erase(key: string): void
  /** Every key, also other people's. */
  allKeys(): string[]
}

/** Null: keeps nothing. */
export function openWebStorage(kind: 'localStorage' | 'sessionStorage' | null): WebStorage {
  const use = <Result>(work: (storage: Storage) => Result) => quietly(() => work(window[kind!]))
  return {
    load: (key) => use((storage) => storage.getItem(key)),
    save: (key, text) =>
      use((storage) => {
        storage.setItem(key, text)
        return true
      }),
    erase: (key) => use((storage) => storage.removeItem(key)),
    allKeys: () => use(Object.keys) ?? [],
  }
}
