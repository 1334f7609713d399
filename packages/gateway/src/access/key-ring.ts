// Who a key is. Keeps all keys in memory by their SHA-256 and reads them anew once they are a second old, so that a revoked
// key stops working without a restart. A key's text is held only as a cache entry of a key that was found.
// When the store does not answer, the keys known last stay in force, and nobody waits long for it: a failing store must neither turn
// senders away nor hold them up.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { KeyRole, ProjectKey, ProjectStore } from '@penstock/pipeline'

/** What a found key may do. */
export interface Access {
  readonly keyId: string
  readonly role: KeyRole
  readonly projectId: string
  readonly installation: boolean
  /** Null: any origin. Lower case. */
  readonly origins: ReadonlySet<string> | null
}

export interface KeyRing {
  /** False: await `fresh()` before asking. */
  isFresh(): boolean
  /** Reads the keys if they are older than a second, and waits for that a moment. Rejects only when they were never read. */
  fresh(): Promise<void>
  /** Reads the keys now: after a change made here. */
  reload(): Promise<void>
  /** Null when no such key exists. */
  find(key: string): Access | null
  hasProject(id: string): boolean
}

const MAX_AGE_MS = 1_000
const MAX_CACHED_TEXTS = 10_000
/** Together with the age below the two seconds in which a revoked key stops working. */
const MAX_WAIT_MS = 500

export function createKeyRing(deps: {
  projects: ProjectStore
  clock: () => number
  onError: (error: unknown) => void
}): KeyRing {
  let byHash = new Map<string, { digest: Buffer; access: Access }>()
  let byText = new Map<string, Access>()
  let projectIds = new Set<string>()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null
  let readingSince = 0

  async function read(): Promise<void> {
    const startedAt = deps.clock()
    const [keys, projects] = await Promise.all([deps.projects.keys(), deps.projects.projects()])
    byHash = new Map(
      keys.map((key) => [key.hash, { digest: Buffer.from(key.hash, 'hex'), access: accessOf(key) }]),
    )
    byText = new Map()
    projectIds = new Set(projects.map((project) => project.id))
    readAt = startedAt
  }

  async function readOnce(): Promise<void> {
    const known = readAt !== Number.NEGATIVE_INFINITY
    if (reading === null) {
      readingSince = performance.now()
      reading = read().finally(() => (reading = null))
    }
    try {
      await reading
    } catch (error) {
      if (!known) throw error
      readAt = deps.clock()
      deps.onError(error)
    }
  }

  const ring: KeyRing = {
    isFresh() {
      const age = deps.clock() - readAt
      return age >= 0 && age < MAX_AGE_MS // a clock that was set back makes the keys stale, too
    },
    async fresh() {
      if (ring.isFresh()) return
      const read = readOnce()
      // Others go on with what is known as soon as one has waited that long.
      const leftMs = readingSince + MAX_WAIT_MS - performance.now()
      await (readAt === Number.NEGATIVE_INFINITY ? read : atMost(read, Math.max(0, leftMs)))
    },
    async reload() {
      // A read under way may have begun before the change.
      if (reading !== null) await reading.catch(() => undefined)
      await readOnce()
    },
    find(key) {
      const cached = byText.get(key)
      if (cached !== undefined) return cached
      const digest = createHash('sha256').update(key, 'utf8').digest()
      const entry = byHash.get(digest.toString('hex'))
      if (entry?.digest.length !== digest.length) return null
      if (!timingSafeEqual(entry.digest, digest)) return null
      if (byText.size < MAX_CACHED_TEXTS) byText.set(key, entry.access)
      return entry.access
    },
    hasProject: (id) => projectIds.has(id),
  }
  return ring
}

async function atMost(read: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([read, late])
  clearTimeout(timer)
}

function accessOf(key: ProjectKey): Access {
  return {
    keyId: key.id,
    role: key.role,
    projectId: key.projectId,
    installation: key.installation,
    origins: key.origins === null ? null : new Set(key.origins.map((origin) => origin.toLowerCase())),
  }
}
