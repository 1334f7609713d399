// State, hot store, dead letters and projects in memory. `settleAll` plays the worker: it takes what the log holds into the hot
// store, first come first kept, and makes letters of conflicts.
import { createHash } from 'node:crypto'
import { formatUuid } from '@penstock/contract'
import { decodeChunk } from '@penstock/contract/stream'
import {
  contentText,
  decodeEvent,
  identityKey,
  QuestionInvalidError,
  type ActorKey,
  type DeadLetter,
  type DeadLetters,
  type HotRow,
  type HotStore,
  type Identity,
  type KeyRole,
  type Project,
  type ProjectKey,
  type ProjectStore,
  type RegistryEntry,
  type StateRow,
  type WorkerState,
} from '@penstock/pipeline'
import { newestFirst } from '../src/actor.ts'
import type { MemoryLog } from './memory-log.ts'

export interface MemoryStores {
  state: Pick<WorkerState, 'read' | 'lookup'>
  hot: HotStore
  deadLetters: DeadLetters
  letters: Map<string, DeadLetter>
  rows: Map<string, HotRow>
  /** By `identityKey`: what `lookup` finds. */
  registry: Map<string, RegistryEntry>
  stateRow: StateRow
  /** The worker's hot stage, all at once. */
  settleAll(): Promise<void>
  /** What the cold store refused: the row goes, a letter comes. */
  refuse(identity: Identity): DeadLetter
  openLetters: number | null
}

const TOTALS = { events: 0, stored: 0, duplicates: 0, deadLetters: 0 }

export function createMemoryStores(log: MemoryLog, clock: () => number): MemoryStores {
  const rows = new Map<string, HotRow>()
  const letters = new Map<string, DeadLetter>()
  const dead = new Set<string>()
  const registry = new Map<string, RegistryEntry>()
  const stores: MemoryStores = {
    rows,
    registry,
    letters,
    openLetters: null,
    stateRow: {
      partition: 0,
      epoch: 1,
      hotThrough: 0,
      hotTotals: TOTALS,
      coldPlan: null,
      coldThrough: 0,
      coldTotals: TOTALS,
    },
    state: {
      read: () => Promise.resolve({ ...stores.stateRow }),
      lookup: (identities) =>
        Promise.resolve(identities.map((identity) => registry.get(identityKey(identity)) ?? null)),
    },
    hot: createMemoryHot(rows),
    deadLetters: createMemoryLetters(letters, () => stores.openLetters),
    settleAll() {
      for (const { seq, chunk } of log.messages()) {
        if (seq <= stores.stateRow.hotThrough) continue
        decodeChunk(chunk).forEach((event, idx) => {
          const { projectId, eventId, eventTime, receivedAt, road, bytes } = event
          const row: HotRow = {
            projectId,
            eventId,
            eventTime,
            receivedAt,
            bytes,
            position: { partition: 0, seq, idx },
          }
          const key = identityKey(row)
          const owner = rows.get(key)
          if (owner === undefined && (road === 'replay' || !dead.has(key))) rows.set(key, row)
          else if (
            owner !== undefined &&
            contentText(decodeEvent(owner.bytes)) !== contentText(decodeEvent(bytes))
          ) {
            addLetter(row, 'event_id_conflict')
          }
        })
        stores.stateRow.hotThrough = seq
      }
      return Promise.resolve()
    },
    refuse(identity) {
      const key = identityKey(identity)
      const row = rows.get(key) as HotRow
      rows.delete(key)
      dead.add(key)
      return addLetter(row, 'store_refused')
    },
  }

  function addLetter(row: HotRow, reason: DeadLetter['reason']): DeadLetter {
    const text = row.projectId + formatUuid(row.eventId) + contentText(decodeEvent(row.bytes)) + reason
    const id = createHash('sha256').update(text).digest('hex').slice(0, 32)
    const attempts = (letters.get(id)?.attempts ?? 0) + 1
    const letter: DeadLetter = {
      ...row,
      id,
      reason,
      detail: 'made by a test',
      position: letters.get(id)?.position ?? row.position,
      lastPosition: row.position,
      deadAt: clock(),
      attempts,
      state: 'open',
      body: row.bytes,
    }
    letters.set(id, letter)
    return letter
  }
  return stores
}

function createMemoryHot(rows: Map<string, HotRow>): HotStore {
  const all = () => [...rows.values()].map((row) => ({ row, event: decodeEvent(row.bytes) }))
  const of = ({ projectId, kind, id }: ActorKey) =>
    all()
      .filter(({ row, event }) => {
        if (row.projectId !== projectId) return false
        return kind === 'user'
          ? event.user_id === id
          : event.user_id === undefined && event.anonymous_id === id
      })
      .map(({ row }) => row)
      .sort(newestFirst)
  const linked = (projectId: string, anonymousId: string) => {
    const links = all().filter(
      ({ row, event }) =>
        row.projectId === projectId && event.user_id !== undefined && event.anonymous_id === anonymousId,
    )
    return links.sort((a, b) => newestFirst(b.row, a.row))[0]?.event.user_id ?? null
  }
  return {
    events: (identities) =>
      Promise.resolve(identities.map((identity) => rows.get(identityKey(identity)) ?? null)),
    timeline(actor, { before, limit }) {
      const behind = of(actor).filter(
        (row) => before === undefined || newestFirst({ ...row, ...before }, row) < 0,
      )
      return Promise.resolve(behind.slice(0, limit))
    },
    span(actor) {
      const times = of(actor).map((row) => row.eventTime)
      return Promise.resolve(
        times.length === 0 ? null : { firstSeen: Math.min(...times), lastSeen: Math.max(...times) },
      )
    },
    linkedUser: (projectId, anonymousId) => Promise.resolve(linked(projectId, anonymousId)),
    linkedAnonymousIds(projectId, userId) {
      const ids = new Set(all().map(({ event }) => event.anonymous_id ?? ''))
      return Promise.resolve([...ids].filter((id) => id !== '' && linked(projectId, id) === userId).sort())
    },
    profile(projectId, userId) {
      const traits = new Map<string, unknown>()
      for (const row of of({ projectId, kind: 'user', id: userId }).reverse()) {
        for (const [key, value] of Object.entries(decodeEvent(row.bytes).traits ?? {})) traits.set(key, value)
      }
      return Promise.resolve({ traits })
    },
  }
}

function createMemoryLetters(
  letters: Map<string, DeadLetter>,
  openLetters: () => number | null,
): DeadLetters {
  const of = (projectId: string) => [...letters.values()].filter((letter) => letter.projectId === projectId)
  const newest = (a: DeadLetter, b: DeadLetter) => b.deadAt - a.deadAt || (a.id < b.id ? 1 : -1)
  return {
    list(projectId, filter, { limit, cursor }) {
      if (cursor !== undefined && !/^\d+\/./.test(cursor)) {
        return Promise.reject(new QuestionInvalidError('cursor', 'cursor is none of this list'))
      }
      const found = of(projectId)
        .filter((letter) => filter.reason === undefined || letter.reason === filter.reason)
        .filter((letter) => filter.state === undefined || letter.state === filter.state)
        .filter((letter) => filter.since === undefined || letter.deadAt >= filter.since)
        .sort(newest)
        .filter((letter) => cursor === undefined || `${letter.deadAt}/${letter.id}` < cursor)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return Promise.resolve({
        letters: page,
        nextCursor: found.length > limit && last !== undefined ? `${last.deadAt}/${last.id}` : null,
      })
    },
    get(projectId, id) {
      const letter = letters.get(id)
      return Promise.resolve(letter?.projectId === projectId ? letter : null)
    },
    latestOf: (identity) =>
      Promise.resolve(
        [...letters.values()]
          .filter((letter) => identityKey(letter) === identityKey(identity))
          .sort(newest)[0] ?? null,
      ),
    countOpen: (projectId) =>
      Promise.resolve(openLetters() ?? of(projectId).filter((letter) => letter.state === 'open').length),
    summary(projectId) {
      const counts = new Map<
        string,
        { reason: DeadLetter['reason']; state: DeadLetter['state']; count: number }
      >()
      for (const { reason, state } of of(projectId)) {
        const entry = counts.get(reason + state) ?? { reason, state, count: 0 }
        entry.count++
        counts.set(reason + state, entry)
      }
      return Promise.resolve([...counts.values()])
    },
    settle(projectId, id, attempts, state) {
      const letter = letters.get(id)
      if (letter?.projectId !== projectId || letter.state !== 'open' || letter.attempts !== attempts) {
        return Promise.resolve(false)
      }
      letters.set(id, { ...letter, state })
      return Promise.resolve(true)
    },
  }
}

export interface MemoryProjects extends ProjectStore {
  failure: Error | null
}

export function createMemoryProjects(): MemoryProjects {
  const projects = new Map<string, Project>()
  const keys = new Map<string, ProjectKey>()
  const store: MemoryProjects = {
    failure: null,
    projects: () =>
      store.failure === null ? Promise.resolve([...projects.values()]) : Promise.reject(store.failure),
    createProject(project) {
      if (projects.has(project.id)) return Promise.resolve(false)
      projects.set(project.id, project)
      return Promise.resolve(true)
    },
    keys: () =>
      store.failure === null ? Promise.resolve([...keys.values()]) : Promise.reject(store.failure),
    putKey(key) {
      keys.set(key.id, key)
      return Promise.resolve()
    },
    removeKey: (id) => Promise.resolve(keys.delete(id)),
  }
  return store
}

/** A key whose text is `text`. */
export function testKey(text: string, role: KeyRole, more: Partial<ProjectKey> = {}): ProjectKey {
  return {
    id: `id-of-${text}`,
    projectId: 'dev',
    role,
    label: '',
    origins: null,
    hash: createHash('sha256').update(text).digest('hex'),
    createdAt: 0,
    installation: false,
    ...more,
  }
}
