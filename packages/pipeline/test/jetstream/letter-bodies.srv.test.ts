import { randomUUID } from 'node:crypto'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LetterBodies } from '../../src/ports/letter-bodies.ts'
import { migrateJetStream, openDeadLetterStream } from '../../src/jetstream/index.ts'

await serverSuite('nats', ({ host, port }) => {
  const options = {
    servers: [`nats://${host}:${port}`],
    name: `letters-${randomUUID()}`.slice(0, 32),
    partitions: 1,
    maxBytes: 2 ** 20,
    publishDeadlineMs: 2_000,
  }
  let bodies: LetterBodies
  const body = (text: string) => Buffer.from(text)
  const read = async (...ids: string[]) =>
    (await bodies.get(ids)).map((found) => (found === null ? null : Buffer.from(found.body).toString()))
  const placeOf = async (id: string) => (await bodies.get([id]))[0]?.place ?? 0
  const remove = async (id: string) => bodies.remove(id, await placeOf(id))

  beforeAll(async () => {
    await migrateJetStream({ ...options, letterBytes: 400_000 })
    bodies = await openDeadLetterStream(options)
  })
  afterAll(() => bodies.close())

  it('gives bodies back by id, and null for others', async () => {
    const large = Buffer.alloc(40_000, 7)
    await bodies.put([
      { id: 'a', body: body('first') },
      { id: 'b', body: large },
    ])
    expect(await read('a', 'nobody')).toEqual(['first', null])
    expect(Buffer.compare((await bodies.get(['b']))[0]?.body ?? body(''), large)).toBe(0)
  })

  it('stores a letter once, also when it is put many times at once', async () => {
    const same = Array.from({ length: 30 }, () => ({ id: 'same', body: body('one') }))
    await bodies.put(same)
    await bodies.put(same)
    expect(await read('same')).toEqual(['one'])
    await remove('same')
    expect(await read('same')).toEqual([null])
  })

  it('takes a letter again after it was removed, and removes twice as well as once', async () => {
    await bodies.put([{ id: 'again', body: body('x') }])
    const place = await placeOf('again')
    await bodies.remove('again', place)
    await bodies.remove('again', place)
    await bodies.remove('never-there', place)
    await bodies.put([{ id: 'again', body: body('y') }])
    expect(await read('again')).toEqual(['y'])
  })

  it('takes away nothing that was put again since the place that is named', async () => {
    await bodies.put([{ id: 'reopened', body: body('x') }])
    const place = await placeOf('reopened')
    await bodies.putAgain([{ id: 'reopened', body: body('x') }])
    await bodies.remove('reopened', place)
    expect(await read('reopened')).toEqual(['x'])
    await remove('reopened')
    expect(await read('reopened')).toEqual([null])
  })

  it('says full at its cap, and takes more when there is room again', async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `big-${n}`)
    const put = async (id: string) => bodies.put([{ id, body: Buffer.alloc(30_000, 1) }])
    let refusal: unknown
    for (const id of ids) await put(id).catch((error: unknown) => (refusal ??= error))
    expect(refusal).toMatchObject({ kind: 'full', store: 'log' })
    expect(await bodies.fill()).toBeGreaterThan(0.9)
    for (const id of ids) await remove(id)
    expect(await bodies.fill()).toBeLessThan(0.5)
    await put('big-0')
    expect((await bodies.get(['big-0']))[0]?.body.length).toBe(30_000)
  })

  it('has room when a migration gives it a larger cap, while it is open', async () => {
    const fill = await bodies.fill()
    await migrateJetStream({ ...options, letterBytes: 800_000 })
    expect(await bodies.fill()).toBeCloseTo(fill / 2)
  })

  it('takes no id that could be another subject', async () => {
    for (const id of ['', 'a.b', 'a*', '>', 'a b']) {
      await expect(bodies.get([id])).rejects.toMatchObject({ kind: 'rejected' })
    }
  })
})
