// Removes what is past its retention. A round walks over all records once, in bounded pieces; where it stands is kept in
// memory, so a restart begins a new round.
// A hot row goes with its timeline entry; what is left of the record is the registry entry, which goes after its own window.
import { actorOf, decodeEvent, type HotSweeper } from '@penstock/pipeline'
import { createEventRowEncoder, decodeEventRow, type EventRow } from './event-row.ts'
import { eventIdOf, projectOf, timelineKey } from './keys.ts'
import type { StateEnvironment } from './state-environment.ts'

type SweepOptions = Parameters<HotSweeper['sweep']>[0]

export function createLmdbSweeper(environment: StateEnvironment): HotSweeper {
  const { events, timeline } = environment.tables
  const rows = createEventRowEncoder()
  let position: Buffer | null = null

  const isPast = (row: EventRow, lifetimeMs: number, now: number): boolean =>
    Math.max(row.logTime, row.eventTime) < now - lifetimeMs

  /** Inside a write transaction. Returns whether something was removed. */
  const sweepOne = (key: Buffer, options: SweepOptions): boolean => {
    const value = events.getBinaryFast(key)
    if (value === undefined) return false
    const identity = { projectId: projectOf(key), eventId: eventIdOf(key) }
    const row = decodeEventRow(value, identity.eventId)
    const hotIsPast =
      row.body === null || isPast(row, options.hotRetentionMs(identity.projectId), options.now)
    if (!hotIsPast) return false
    if (row.body !== null) {
      const actor = actorOf(identity.projectId, decodeEvent(row.body))
      timeline.removeSync(timelineKey(actor, row.eventTime, identity.eventId))
    }
    if (isPast(row, options.registryWindowMs, options.now)) events.removeSync(key)
    else if (row.body === null) return false
    else {
      const { owner, hash, state } = row.entry
      events.putSync(key, rows.bare({ ...row, ...identity, position: owner, hash }, state))
    }
    return true
  }

  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- LMDB answers at once; a thrown error must become a rejection
    sweep: async (options) => {
      const limit = Math.max(1, options.maxRows)
      const keys = environment.read('state', () =>
        Array.from(
          events.getKeys(position === null ? { limit } : { start: position, exclusiveStart: true, limit }),
        ),
      )
      const removed =
        keys.length === 0 ? 0 : environment.write(() => keys.filter((key) => sweepOne(key, options)).length)
      const done = keys.length < limit
      position = done ? null : (keys.at(-1) ?? null)
      return { removed, done }
    },
  }
}
