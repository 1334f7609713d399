// Opens the log's LMDB environment. `overlappingSync: false` is what makes the promise: LMDB then publishes a transaction
// only after its pages are synced, so a commit that has resolved is durable, and no reader (the worker!) ever sees a message
// that a power cut could take back, whose sequence would then be given to another one.
import { open, type Database, type RootDatabase } from 'lmdb'
import { PipelineError } from '@penstock/pipeline'
import { checkDataFile } from './data-file.ts'
import { mapLmdbError } from './map-error.ts'
import { decodeHead, encodeHead } from './log-record.ts'

const GIB = 2 ** 30
// Address space, not disk: the file grows as pages are used. Freed pages are used again, but a message needs neighbours.
const MAP_FACTOR = 4

export const HEAD_KEY = Buffer.from('head')
export const TAIL_KEY = Buffer.from('tail')

export interface LogEnvironment {
  path: string
  root: RootDatabase<Buffer, Buffer>
  messages: Database<Buffer, Buffer>
  /** Head and tail. The head's version is its last sequence, so that an append can be conditional on it. */
  meta: Database<Buffer, Buffer>
}

/** @throws PipelineError `rejected` for another number of partitions or format, `corrupt`, `full`, `unavailable`. */
export function openLogEnvironment(path: string, capBytes: number, partitions: number): LogEnvironment {
  let root: RootDatabase<Buffer, Buffer> | undefined
  checkDataFile(path, 'log')
  try {
    root = open<Buffer, Buffer>({
      path,
      noSubdir: false,
      mapSize: Math.ceil((capBytes * MAP_FACTOR + GIB) / GIB) * GIB,
      overlappingSync: false,
      // Batching by event turn makes a promise of its own per commit, whose rejection nobody could handle.
      eventTurnBatching: false,
      maxDbs: 4,
      keyEncoding: 'binary',
      encoding: 'binary',
    })
    const options = { keyEncoding: 'binary', encoding: 'binary' } as const
    const messages = root.openDB<Buffer, Buffer>('messages', options)
    const meta = root.openDB<Buffer, Buffer>('meta', { ...options, useVersions: true })
    root.transactionSync(() => {
      const head = meta.get(HEAD_KEY)
      if (head === undefined) {
        meta.putSync(HEAD_KEY, encodeHead({ partitions, lastSeq: 0, lastLogTime: 0, appendedBytes: 0 }), 0)
      } else assertPartitions(decodeHead(head).partitions, partitions)
    })
    return { path, root, messages, meta }
  } catch (error) {
    void root?.close()
    throw mapLmdbError(error, 'log', path)
  }
}

function assertPartitions(stored: number, asked: number): void {
  if (stored === asked) return
  throw new PipelineError(
    'rejected',
    'log',
    `the log was made with ${stored} partition(s), not ${asked}: an existing log keeps its number`,
  )
}
