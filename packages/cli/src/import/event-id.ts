// Event ids for files that have none: the same line of the same file gets the same id in every run, and two equal lines get
// two. That is what makes importing a file twice change nothing. A stored fact: a change here would double past imports.
import { createHash } from 'node:crypto'
import { formatUuid } from '@penstock/contract'

// Any fixed UUID would do; this one is ours (RFC 9562 §5.5 wants a name space).
const NAMESPACE = Buffer.from('7d0f6d6a2f5e4c5b9a0e3c8f1b6d4e27', 'hex')

export interface LineIds {
  /** The id of the next line, which has this content. Call it for every line, in order. */
  next(content: string): string
}

export function createLineIds(project: string, sourceName: string): LineIds {
  const seen = createOrdinals()
  return {
    next(content) {
      const line = createHash('sha1').update(content).digest()
      return nameUuid([project, sourceName, line.toString('hex'), String(seen.count(line))])
    },
  }
}

/** The id for a row's own identifier that is no UUID. */
export function idFromText(project: string, text: string): string {
  return nameUuid([project, text])
}

/** UUIDv5 of the parts, which cannot run into each other. */
function nameUuid(parts: readonly string[]): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return formatUuid(bytes)
}

/**
 * Counts how often a hash was there before. Open addressing over typed arrays: 12 bytes a line instead of a hundred, so that a
 * file of ten million lines needs no gigabyte. It keeps 52 bits of the hash; two lines that share them merely start counting
 * at 1, the same in every run.
 */
function createOrdinals(): { count(hash: Buffer): number } {
  let capacity = 1 << 12
  let keys = new Float64Array(capacity)
  let counts = new Uint32Array(capacity)
  let used = 0

  const slotOf = (key: number): number => {
    let slot = key % capacity
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) % capacity
    return slot
  }
  const grow = (): void => {
    const [oldKeys, oldCounts] = [keys, counts]
    capacity *= 2
    keys = new Float64Array(capacity)
    counts = new Uint32Array(capacity)
    for (let slot = 0; slot < oldKeys.length; slot++) {
      const key = oldKeys[slot] as number
      if (key === 0) continue
      const to = slotOf(key)
      keys[to] = key
      counts[to] = oldCounts[slot] as number
    }
  }
  return {
    count(hash) {
      const key = hash.readUIntBE(0, 6) * 16 + ((hash[6] as number) >> 4) + 1 // 0 means "free"
      const slot = slotOf(key)
      const before = counts[slot] as number
      keys[slot] = key
      counts[slot] = before + 1
      if (before === 0 && (used += 1) > capacity * 0.6) grow()
      return before
    },
  }
}
