// Says what is wrong at the end of a run, from the stores alone and everything that was sent. Shares no code with how the worker
// decides: it knows the promise, not the protocol.
import { Buffer } from 'node:buffer'
import { contentText, decodeEvent, identityKey, type ColdRow } from '@penstock/pipeline'
import type { Sent } from './scenario.ts'
import type { SimulatedCold } from './simulated-cold.ts'
import type { SimulatedState } from './simulated-state.ts'

export interface Ending {
  /** Everything sent, in the order of the log, with its place there. */
  sent: readonly { event: Sent; partition: number; seq: number; idx: number }[]
  state: SimulatedState
  cold: SimulatedCold
  /** Whether the cold store refuses some contents: then who wins depends on when. */
  poisoned: boolean
}

export function violationsOf(ending: Ending): string[] {
  return [
    ...ending.cold.violations,
    ...identityViolations(ending),
    ...storeViolations(ending),
    ...totalsViolations(ending),
    ...linkViolations(ending),
  ]
}

/** Lost, phantom, corrupted: every content that was sent is the stored row's or a dead letter's. */
function identityViolations({ sent, state, cold, poisoned }: Ending): string[] {
  const violations: string[] = []
  const rows = new Map(cold.rows.map((row) => [identityKey(row), row]))
  const inLetters = new Set<string>()
  for (const { letter, replayed } of state.letters.values()) {
    // Closed by sending it again, it has to stand somewhere else.
    if (replayed === 'as_it_was') continue
    inLetters.add(identityKey(letter) + contentText(decodeEvent(letter.body)))
  }
  const firsts = new Map<string, Sent>()
  for (const { event } of sent) {
    const row = rows.get(event.key)
    const winner = row && sent.find(({ event: copy }) => copy.key === event.key && isRowOf(row, copy))
    if (row && !winner) violations.push(`phantom or corrupted: ${event.key}`)
    const stored = winner?.event.content === event.content
    if (!stored && !inLetters.has(event.key + event.content)) violations.push(`lost: ${event.key}`)
    if (!poisoned && stored && inLetters.has(event.key + event.content)) {
      violations.push(`winner in dead letters: ${event.key}`)
    }
    if (!firsts.has(event.key)) firsts.set(event.key, event)
  }
  if (!poisoned) {
    for (const [key, first] of firsts) {
      if (rows.get(key)?.receivedAt !== first.receivedAt) violations.push(`not the first one won: ${key}`)
    }
  }
  return violations
}

/** A replay has its letter's time of receipt, so the content is compared as well. */
function isRowOf(row: ColdRow, copy: Sent): boolean {
  const event = decodeEvent(copy.bytes)
  return (
    row.receivedAt === copy.receivedAt &&
    row.eventTime === copy.eventTime &&
    row.userId === event.user_id &&
    row.anonymousId === event.anonymous_id &&
    row.name === event.event &&
    row.properties === JSON.stringify(event.properties)
  )
}

/** Registry, hot store and cold store tell the same story. */
function storeViolations({ sent, state, cold }: Ending): string[] {
  const violations: string[] = []
  const rows = new Map(cold.rows.map((row) => [identityKey(row), row]))
  for (const [key, entry] of state.registry) {
    const row = rows.get(key)
    const hot = state.hotRows.get(key)
    if ((entry.state === 'live') !== (row !== undefined))
      violations.push(`registry ${entry.state}, cold differs: ${key}`)
    if ((row === undefined) !== (hot === undefined)) violations.push(`hot and cold differ: ${key}`)
    if (row === undefined) continue
    const { owner } = entry
    const owning = sent.find(
      ({ partition, seq, idx }) => partition === owner.partition && seq === owner.seq && idx === owner.idx,
    )
    if (owning?.event.eventTime !== row.eventTime) violations.push(`the owner is not what is stored: ${key}`)
    if (hot && hot.eventTime !== row.eventTime) violations.push(`hot and cold hold different copies: ${key}`)
    if (row.properties.includes('poison')) violations.push(`poison stored: ${key}`)
  }
  if (state.registry.size < rows.size) violations.push('rows without a registry entry')
  return violations
}

function totalsViolations({ sent, state, cold }: Ending): string[] {
  const violations: string[] = []
  let storedCold = 0
  let events = 0
  for (const { partition, hotTotals, coldTotals } of state.rows.values()) {
    storedCold += coldTotals.stored
    events += hotTotals.events
    for (const totals of [hotTotals, coldTotals]) {
      if (totals.events !== totals.stored + totals.duplicates + totals.deadLetters) {
        violations.push(`totals of partition ${partition} do not add up: ${JSON.stringify(totals)}`)
      }
    }
    if (hotTotals.events !== coldTotals.events)
      violations.push(`stages counted different events in ${partition}`)
  }
  if (events !== sent.length) violations.push(`counted ${events} of ${sent.length} events`)
  if (storedCold !== cold.rows.length) violations.push(`counted ${storedCold} rows of ${cold.rows.length}`)
  return violations
}

/** Whoever holds an anonymous id by the links table is who holds it by the stored events, and no other event states a link. */
function linkViolations({ cold }: Ending): string[] {
  const violations: string[] = []
  const holders = (
    links: {
      projectId: string
      anonymousId: string
      userId: string
      eventTime: number
      eventId: Uint8Array
    }[],
  ) => {
    const best = new Map<string, (typeof links)[number]>()
    for (const link of links) {
      const key = `${link.projectId}/${link.anonymousId}`
      const held = best.get(key)
      const earlier =
        held === undefined ||
        link.eventTime < held.eventTime ||
        (link.eventTime === held.eventTime && Buffer.compare(link.eventId, held.eventId) < 0)
      if (earlier) best.set(key, link)
    }
    return best
  }
  const byLinks = holders(cold.links.map(({ link }) => link))
  const byRows = holders(cold.rows.filter((row) => row.anonymousId !== '' && row.userId !== ''))
  for (const key of new Set([...byLinks.keys(), ...byRows.keys()])) {
    if (byLinks.get(key)?.userId !== byRows.get(key)?.userId) violations.push(`link differs: ${key}`)
  }
  const stored = new Set(cold.rows.map((row) => `${identityKey(row)} ${row.eventTime}`))
  for (const { link } of cold.links) {
    if (!stored.has(`${identityKey(link)} ${link.eventTime}`))
      violations.push(`link of an event that is not stored`)
  }
  return violations
}
