// Opens the environment of the worker's state: registry with hot rows, timelines, links, traits, dead letters, state rows,
// projects. Everything that must change together is one transaction here.
// `overlappingSync: false`: a transaction is visible only after it is synced, as in the log.
import { open, type Database, type RootDatabase } from 'lmdb'
import { PipelineError, type StoreName } from '@penstock/pipeline'
import { checkDataFile } from './data-file.ts'
import { assertDiskRoom, STATE_RESERVE_BYTES } from './disk-room.ts'
import type { LmdbStateOptions } from './state.ts'
import { commitFailure, mapLmdbError } from './map-error.ts'

/** Address space, not disk: the file grows as pages are used. */
export const DEFAULT_MAP_BYTES = 2 ** 40
const FORMAT_KEY = Buffer.from('format')
const FORMAT = 1

type Table = Database<Buffer, Buffer>

export interface StateTables {
  /** Registry and hot rows (event-row.ts). */
  events: Table
  /** Keys only. */
  timeline: Table
  links: Table
  /** The other way round: user → anonymous ids. */
  linked: Table
  traits: Table
  letters: Table
  letterTimes: Table
  letterLatest: Table
  letterCounts: Table
  partitions: Table
  projects: Table
  keys: Table
}

export interface StateEnvironment {
  readonly tables: StateTables
  /** One transaction on this thread, synced when it returns; undone when `action` throws. */
  write<T>(action: () => T): T
  /**
   * One transaction that does not hold this thread up while another thread writes. `action` runs synchronously inside it and
   * must read and check before it writes: what it wrote stays when it throws.
   */
  writeLater<T>(action: () => T): Promise<T>
  /** A read of everything committed so far; all of it sees the same snapshot. */
  read<T>(store: StoreName, action: () => T): T
  close(): Promise<void>
}

/** @throws PipelineError `rejected` (other format), `corrupt`, `full`, `unavailable`. */
export function openStateEnvironment({
  path,
  mapSizeBytes = DEFAULT_MAP_BYTES,
  reserveBytes = STATE_RESERVE_BYTES,
}: LmdbStateOptions): StateEnvironment {
  let root: RootDatabase<Buffer, Buffer> | undefined
  checkDataFile(path, 'state')
  try {
    root = open<Buffer, Buffer>({
      path,
      noSubdir: false,
      mapSize: mapSizeBytes,
      overlappingSync: false,
      // Batching by event turn makes a promise of its own per commit, whose rejection nobody could handle.
      eventTurnBatching: false,
      maxDbs: 32,
      keyEncoding: 'binary',
      encoding: 'binary',
    })
    const opened = root
    const table = (name: string): Table =>
      opened.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoding: 'binary' })
    checkFormat(opened, table('meta'))
    return environmentOf({ path, reserveBytes }, opened, {
      events: table('events'),
      timeline: table('timeline'),
      links: table('links'),
      linked: table('linked'),
      traits: table('traits'),
      letters: table('letters'),
      letterTimes: table('letter_times'),
      letterLatest: table('letter_latest'),
      letterCounts: table('letter_counts'),
      partitions: table('partitions'),
      projects: table('projects'),
      keys: table('keys'),
    })
  } catch (error) {
    void root?.close()
    throw mapLmdbError(error, 'state', path)
  }
}

function environmentOf(
  { path, reserveBytes }: { path: string; reserveBytes: number },
  root: RootDatabase<Buffer, Buffer>,
  tables: StateTables,
): StateEnvironment {
  let closing: Promise<void> | null = null
  const assertOpen = (store: StoreName): void => {
    if (closing !== null) throw new PipelineError('unavailable', store, 'the state is closed')
  }
  return {
    tables,
    write: (action) => {
      assertOpen('state')
      try {
        assertDiskRoom('state', path, reserveBytes)
        return root.transactionSync(action)
      } catch (error) {
        throw mapLmdbError(error, 'state', path)
      }
    },
    writeLater: async (action) => {
      assertOpen('state')
      try {
        assertDiskRoom('state', path, reserveBytes)
        return await root.transaction(action)
      } catch (error) {
        throw mapLmdbError(await commitFailure(error), 'state', path)
      }
    },
    read: (store, action) => {
      assertOpen(store)
      try {
        root.resetReadTxn()
        return action()
      } catch (error) {
        throw mapLmdbError(error, store, path)
      }
    },
    close: () => (closing ??= root.close()),
  }
}

function checkFormat(root: RootDatabase<Buffer, Buffer>, meta: Table): void {
  root.transactionSync(() => {
    const format = meta.get(FORMAT_KEY)
    if (format === undefined) meta.putSync(FORMAT_KEY, Buffer.of(FORMAT))
    else if (format[0] !== FORMAT) {
      const found = String(format[0])
      throw new PipelineError(
        'rejected',
        'state',
        `the state has format ${found}, this release reads ${FORMAT}`,
      )
    }
  })
}
