// What the worker writes, one transaction per call: durable when it returns, all or nothing. It runs on the worker's own
// thread, so it may hold it up while the disk syncs.
import {
  actorOf,
  samePosition,
  type AcceptedEvent,
  type HotCommit,
  type Identity,
  type RegistryEntry,
  type WorkerState,
} from '@penstock/pipeline'
import { createEventRowEncoder, decodeEntry } from './event-row.ts'
import { createIdentityLinks } from './identity-links.ts'
import { eventKey, timelineKey } from './keys.ts'
import { putLetter } from './letter-writer.ts'
import type { StateEnvironment } from './state-environment.ts'
import { acquireStateRow, changeStateRow, holdStateRow, readStateRow } from './state-row.ts'
import { putTraits } from './traits.ts'

const NO_VALUE = Buffer.alloc(0)

export function createLmdbWorkerState(environment: StateEnvironment): WorkerState {
  const { tables } = environment
  const { events, timeline } = tables
  const rows = createEventRowEncoder()
  const links = createIdentityLinks(tables)

  const lookupOne = (identity: Identity): RegistryEntry | null => {
    const value = events.getBinaryFast(eventKey(identity))
    return value === undefined ? null : decodeEntry(value, identity.eventId)
  }

  const putEvents = (accepted: readonly AcceptedEvent[]): void => {
    // In the order of the keys: neighbours share pages, and a page is found and made dirty once.
    for (const { key, event } of sortedByKey(accepted, eventKey)) events.putSync(key, rows.live(event))
    for (const { key } of sortedByKey(accepted, timelineKeyOf)) timeline.putSync(key, NO_VALUE)
    for (const event of accepted) {
      links.put(event)
      putTraits(tables, event)
    }
  }

  const commitInside = ({ partition, epoch, accepted, letters, change }: HotCommit) => {
    const row = holdStateRow(tables, partition, epoch)
    putEvents(accepted)
    const newLetters = letters.filter((letter) => putLetter(tables, letter)).length
    changeStateRow(tables, row, change)
    return { newLetters }
  }

  /** The registry keeps owner and hash; what readers see goes. Only the owner's own refusal does that. */
  const removeRow = (event: AcceptedEvent): void => {
    const entry = lookupOne(event)
    if (entry !== null && (entry.state !== 'live' || !samePosition(entry.owner, event.position))) return
    events.putSync(eventKey(event), rows.bare(event, 'dead'))
    timeline.removeSync(timelineKeyOf(event))
  }

  return {
    acquire: later((partition: number) => environment.write(() => acquireStateRow(tables, partition))),
    read: later((partition: number) => environment.read('state', () => readStateRow(tables, partition))),
    lookup: later((identities: readonly Identity[]) =>
      environment.read('state', () => identities.map(lookupOne)),
    ),
    commitHot: later((commit) => {
      try {
        return environment.write(() => commitInside(commit))
      } catch (error) {
        links.forget()
        throw error
      }
    }),
    refuse: later(({ partition, epoch, refused }) =>
      environment.write(() => {
        holdStateRow(tables, partition, epoch)
        let newLetters = 0
        for (const { event, letter } of refused) {
          removeRow(event)
          if (putLetter(tables, letter)) newLetters++
        }
        return { newLetters }
      }),
    ),
    change: later((partition: number, epoch: number, change) =>
      environment.write(() => changeStateRow(tables, holdStateRow(tables, partition, epoch), change)),
    ),
  }
}

const timelineKeyOf = ({ projectId, event, eventTime, eventId }: AcceptedEvent): Buffer =>
  timelineKey(actorOf(projectId, event), eventTime, eventId)

function sortedByKey(
  accepted: readonly AcceptedEvent[],
  keyOf: (event: AcceptedEvent) => Buffer,
): { key: Buffer; event: AcceptedEvent }[] {
  return accepted.map((event) => ({ key: keyOf(event), event })).sort((a, b) => Buffer.compare(a.key, b.key))
}

/** LMDB answers at once; a thrown error must become a rejection. */
function later<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => Promise<T> {
  // eslint-disable-next-line @typescript-eslint/require-await -- see above
  return async (...args) => work(...args)
}
