// Web storage in memory, for tests: entries are own properties as in a browser, and a quota can be set.

export function createMemoryStorage(quotaChars = Infinity): Storage {
  const api = {
    getItem: (key: string): string | null => (Object.hasOwn(storage, key) ? storage[key]! : null),
    setItem(key: string, value: string) {
      const used = Object.keys(storage).reduce((sum, name) => sum + name.length + storage[name]!.length, 0)
      if (used + key.length + value.length > quotaChars) throw new Error('QuotaExceededError')
      storage[key] = value
    },
    removeItem(key: string) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- this is what storage is
      delete storage[key]
    },
  }
  const storage = Object.create(api) as Record<string, string>
  return storage as unknown as Storage
}
