// Decides what becomes of each event: step 3 of the protocol (docs/decisions/0004-exactly-once-protocol.md). A pure function of
// the messages, the registry and stored content: no clock, no look-up. The owner of an identity is a *position*, so the
// same messages come out the same after a crash at any point and with any batch boundaries.
import {
  identityKey,
  samePosition,
  type Identity,
  type Position,
  type RegistryEntry,
} from '@penstock/pipeline'
import { contentOf, type Candidate } from './candidate.ts'

export interface Verdicts {
  /** To be stored, in order of position. */
  accepted: Candidate[]
  /** Lost against another content with the same id. */
  conflicts: Candidate[]
  /** Copies of an event that the cold store refused; their letter is written again. Counted in `duplicates`, too. */
  deadAgain: Candidate[]
  duplicates: number
}

export interface ClassifyInput {
  /** In order of position. */
  candidates: readonly Candidate[]
  /** The registry's entries, in the same order. */
  entries: readonly (RegistryEntry | null)[]
  /** By `identityKey`: content of the stored events that `contentWanted` named; absent when the store has none. */
  storedContent: ReadonlyMap<string, string>
  positionOwner: boolean
}

export function classify({ candidates, entries, storedContent, positionOwner }: ClassifyInput): Verdicts {
  const verdicts: Verdicts = { accepted: [], conflicts: [], deadAgain: [], duplicates: 0 }
  const acceptedHere = new Map<string, Candidate>()

  for (const [index, candidate] of candidates.entries()) {
    const key = identityKey(candidate)
    const first = acceptedHere.get(key)
    const entry = entries[index] ?? null
    if (first !== undefined) {
      if (sameContent(first, candidate)) verdicts.duplicates++
      else verdicts.conflicts.push(candidate)
      continue
    }
    switch (againstRegistry(candidate, entry, positionOwner)) {
      case 'accept':
        verdicts.accepted.push(candidate)
        acceptedHere.set(key, candidate)
        break
      case 'duplicate':
        verdicts.duplicates++
        break
      case 'dead_again':
        verdicts.duplicates++
        verdicts.deadAgain.push(candidate)
        break
      case 'compare':
        if (storedContent.get(key) === contentOf(candidate)) verdicts.duplicates++
        else verdicts.conflicts.push(candidate)
    }
  }
  return verdicts
}

/** Identities whose stored content `classify` will need: live elsewhere, and the bytes differ. */
export function contentWanted(
  candidates: readonly Candidate[],
  entries: readonly (RegistryEntry | null)[],
  positionOwner: boolean,
): Identity[] {
  const wanted = new Map<string, Identity>()
  for (const [index, candidate] of candidates.entries()) {
    if (againstRegistry(candidate, entries[index] ?? null, positionOwner) === 'compare') {
      wanted.set(identityKey(candidate), candidate)
    }
  }
  return [...wanted.values()]
}

type Against = 'accept' | 'duplicate' | 'dead_again' | 'compare'

function againstRegistry(candidate: Candidate, entry: RegistryEntry | null, positionOwner: boolean): Against {
  if (entry === null) return 'accept'
  if (positionOwner) {
    if (samePosition(entry.owner, candidate.position)) return entry.state === 'live' ? 'accept' : 'duplicate'
    // An attempt that crashed has already been past here and gave the identity to a later event. That happens only to a
    // plain copy of a dead event in front of its replay, and that was a duplicate.
    if (isLater(entry.owner, candidate.position)) return 'duplicate'
  }
  const sameBytes = equalBytes(entry.hash, candidate.hash)
  if (entry.state === 'erased') return 'duplicate'
  if (entry.state === 'dead') {
    // Other bytes with equal content come here as well: they are refused again under the same letter.
    return candidate.source.road === 'replay' || !sameBytes ? 'accept' : 'dead_again'
  }
  return sameBytes ? 'duplicate' : 'compare'
}

const isLater = (a: Position, b: Position): boolean => a.seq > b.seq || (a.seq === b.seq && a.idx > b.idx)

const sameContent = (a: Candidate, b: Candidate): boolean =>
  equalBytes(a.hash, b.hash) || contentOf(a) === contentOf(b)

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 0; index < 16; index++) if (a[index] !== b[index]) return false
  return true
}
