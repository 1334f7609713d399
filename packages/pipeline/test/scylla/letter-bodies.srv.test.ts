// Where bodies of dead letters lie in a store of their own: a settled letter makes room, an open one has its body, whoever is quicker.
import { serverSuite } from '@penstock/test-kit/server-suite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { sampleCommit, sampleEvent, sampleLetter } from '../../src/ports/sample-events.ts'
import type { OpenedState } from '../../src/ports/worker-state.contract.ts'
import type { StateRow } from '../../src/ports/worker-state.ts'
import { createMemoryBodies } from './memory-bodies.ts'
import { createSchema, type TestSchema } from './schema.ts'

const LETTER = sampleLetter(sampleEvent({ n: 1, at: [1, 1] }))

await serverSuite('cassandra', (server) => {
  let schema: TestSchema
  let opened: OpenedState
  let row: StateRow
  let bodies: ReturnType<typeof createMemoryBodies>
  beforeAll(async () => {
    schema = await createSchema(server, 'bodies')
  })
  afterAll(() => schema.drop())
  beforeEach(async () => {
    await schema.empty()
    bodies = createMemoryBodies()
    opened = await schema.open({ letterBodies: bodies })
    row = await opened.state.acquire(0)
    await attempt(1)
  })
  afterEach(() => opened.close())

  const attempt = (seq: number) => {
    const letters = [{ ...LETTER, position: { partition: 0, seq, idx: 0 } }]
    return opened.state.commitHot(sampleCommit(row, [], { letters }))
  }
  const settle = (attempts: number) => opened.deadLetters.settle('p', LETTER.id, attempts, 'discarded')
  const found = async () => {
    const letter = await opened.deadLetters.get('p', LETTER.id)
    return { state: letter?.state, body: letter?.body == null ? null : Buffer.from(letter.body) }
  }
  const OPEN = { state: 'open', body: Buffer.from(LETTER.body) }
  const SETTLED = { state: 'discarded', body: null }

  it('takes the body of a settled letter away, and has it again when the letter is opened again', async () => {
    expect(await settle(1)).toBe(true)
    expect(await found()).toEqual(SETTLED)
    expect(bodies.kept.size).toBe(0)
    await attempt(2)
    expect(await found()).toEqual(OPEN)
    await attempt(3)
    expect(bodies.kept.get(LETTER.id)?.place).toBe(2)
    expect(await settle(3)).toBe(true)
    expect(await found()).toEqual(SETTLED)
  })

  it('takes away what a crash has left when the settled letter is settled again', async () => {
    const before = { ...bodies }
    bodies.remove = () => Promise.reject(new Error('killed'))
    await expect(settle(1)).rejects.toThrow('killed')
    expect(await found()).toMatchObject({ state: 'discarded', body: OPEN.body })
    bodies.remove = (id, place) => before.remove(id, place)
    expect(await settle(1)).toBe(false)
    expect(await found()).toEqual(SETTLED)
  })

  it('keeps the body of a letter that is opened again before the settlement looks for it', async () => {
    const before = { ...bodies }
    bodies.get = async (ids) => {
      bodies.get = (again) => before.get(again)
      await attempt(2)
      return before.get(ids)
    }
    await settle(1)
    expect(await found()).toEqual(OPEN)
  })

  it('keeps it when the letter is opened again just before the removal', async () => {
    const before = { ...bodies }
    bodies.remove = async (id, place) => {
      await attempt(2)
      return before.remove(id, place)
    }
    await settle(1)
    expect(await found()).toEqual(OPEN)
  })

  it('keeps it when the letter is opened again while the settlement looks', async () => {
    const before = { ...bodies }
    let opening: Promise<unknown> | undefined
    bodies.get = async (ids) => {
      bodies.get = (again) => before.get(again)
      const kept = await before.get(ids)
      opening = attempt(2)
      return kept
    }
    await settle(1)
    await opening
    expect(await found()).toEqual(OPEN)
  })

  it('puts the body in the repetition of an attempt that died before it', async () => {
    await settle(1)
    const before = { ...bodies }
    bodies.putAgain = () => Promise.reject(new Error('killed'))
    await expect(attempt(2)).rejects.toThrow('killed')
    expect(await found()).toEqual({ state: 'open', body: null })
    bodies.putAgain = (letters) => before.putAgain(letters)
    await attempt(2)
    expect(await found()).toEqual(OPEN)
  })
})
