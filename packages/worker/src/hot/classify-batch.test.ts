import { describe, expect, it } from 'vitest'
import { bytesHash, type HotRow, type RegistryEntry, type WorkerState } from '@penstock/pipeline'
import type { Candidate } from './candidate.ts'
import { classifyBatch } from './classify-batch.ts'

const textWith = (space: string): Buffer =>
  Buffer.from(
    `{"event_id":"01900000-0000-7000-8000-000000000001",${space}"type":"track","event":"A","user_id":"u"}`,
  )

function candidate(seq: number, bytes: Uint8Array): Candidate {
  const eventId = new Uint8Array(16).fill(1)
  return {
    projectId: 'shop',
    eventId,
    position: { partition: 0, seq, idx: 0 },
    logTime: seq,
    source: { projectId: 'shop', eventId, receivedAt: seq, eventTime: seq, road: 'ingest', bytes },
    hash: bytesHash(bytes),
    event: null,
    content: null,
  }
}

/** A state store that answers each look-up with the next of these. */
function asking(states: RegistryEntry['state'][], row: HotRow | null) {
  const owner = candidate(1, textWith(''))
  const lookup: WorkerState['lookup'] = (identities) => {
    const state = states.shift() as RegistryEntry['state']
    return Promise.resolve(identities.map(() => ({ owner: owner.position, hash: owner.hash, state })))
  }
  return {
    deps: {
      state: { lookup } as WorkerState,
      hot: { events: () => Promise.resolve([row]) } as never,
      failpoint: () => undefined,
    },
    calls: { call: <T>(_store: string, work: () => Promise<T>) => work() } as never,
    options: { safety: { positionOwner: true, missingRows: true } },
  }
}

describe('a copy in other bytes of an event that the cold store refuses while the batch is looked up', () => {
  it('is judged by what the registry says then, and no conflict with a row that is gone', async () => {
    const copy = candidate(2, textWith(' '))
    const verdicts = await classifyBatch(asking(['live', 'dead'], null), [copy])
    expect(verdicts).toMatchObject({ conflicts: [], accepted: [copy] })
  })
})

describe('a copy in other bytes of a stored event', () => {
  it('is compared with its row, after one look-up', async () => {
    const row = { ...candidate(1, textWith('')), bytes: textWith('') } as unknown as HotRow
    const verdicts = await classifyBatch(asking(['live'], row), [candidate(2, textWith(' '))])
    expect(verdicts).toMatchObject({ conflicts: [], accepted: [], duplicates: 1 })
  })
})
