// Web storage in memory, for tests; a quota can be set.
import type { WebStorage } from '../web-storage.ts'

export function createMemoryStorage(quotaChars = Infinity): WebStorage {
  const texts = new Map<string, string>()
  return {
    load: (key) => texts.get(key) ?? null,
    save(key, text) {
      const used = [...texts].reduce((sum, entry) => sum + entry.join('').length, 0)
      if (used + key.length + text.length > quotaChars) return
      texts.set(key, text)
      return true
    },
    erase: (key) => void texts.delete(key),
    allKeys: () => [...texts.keys()],
  }
}
