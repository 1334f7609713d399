import { FAILPOINTS } from '@penstock/pipeline'
import { describe, expect, it } from 'vitest'
import { createSmallWorld, type SmallWorld } from './simulation/small-world.ts'

const letters = (world: SmallWorld) =>
  [...world.state.letters.values()].map(({ letter, attempts, replayed }) => ({
    id: Buffer.from(letter.eventId).toString('hex').slice(-2),
    reason: letter.reason,
    attempts,
    open: replayed === null,
  }))
const isPoison = (row: { properties: string }): boolean => row.properties.includes('poison')

describe('copies and conflicts', () => {
  it('stores equal copies once and counts the others', async () => {
    const world = createSmallWorld()
    world.send({ id: '01' }, { id: '01' }, { id: '02' })
    world.send({ id: '02' })
    await world.settle()
    expect(world.stored()).toEqual([
      ['01', 1],
      ['02', 1],
    ])
    expect(letters(world)).toEqual([])
    expect(await world.metric('penstock_events_duplicate_total')).toBe(2)
    expect(await world.metric('penstock_events_stored_total{store="hot"}')).toBe(2)
    expect(await world.metric('penstock_events_stored_total{store="cold"}')).toBe(2)
    await world.stop()
  })

  it('keeps the first of two contents, makes the other a letter, and the same loser again adds nothing', async () => {
    const world = createSmallWorld()
    world.send({ id: '01', value: 'first' }, { id: '01', value: 'second' })
    await world.settle()
    world.send({ id: '01', value: 'second' }, { id: '01', value: 'first' })
    await world.settle()
    expect(world.stored()).toEqual([['01', 'first']])
    expect(letters(world)).toEqual([{ id: '01', reason: 'event_id_conflict', attempts: 2, open: true }])
    expect(await world.metric('penstock_dead_letters_total{reason="event_id_conflict"}')).toBe(1)
    expect(await world.metric('penstock_events_duplicate_total')).toBe(2)
    await world.stop()
  })

  it('stores two copies of one event inside one plan once, across a crash', async () => {
    for (const point of ['cold.6.after_plan', 'cold.8.after_inserts', 'cold.10.before_commit'] as const) {
      const world = createSmallWorld()
      world.crashAt(point)
      world.send({ id: '01' }, { id: '02' })
      world.send({ id: '01' }, { id: '02', value: 'other' }, { id: '01' })
      await world.settle()
      expect(world.crashed(), point).toBe(true)
      expect(world.stored(), point).toEqual([
        ['01', 1],
        ['02', 1],
      ])
      expect(world.cold.violations).toEqual([])
      expect(world.state.rows.get(0)?.coldTotals).toEqual({
        events: 5,
        stored: 2,
        duplicates: 3,
        deadLetters: 0,
      })
      await world.stop()
    }
  })
})

describe('poison', () => {
  it('is found in each place of a batch: neighbours stored, poison once in the dead letters, nowhere else', async () => {
    let batches = 0
    for (const size of [1, 2, 3, 5, 8, 13, 24]) {
      for (let place = 0; place < size; place++) {
        for (const second of [null, 0, (place + 1) % size, size - 1, place >> 1, (place + 3) % size]) {
          batches++
          const bad = new Set([place, ...(second === null ? [] : [second])])
          const world = createSmallWorld(isPoison)
          const events = Array.from({ length: size }, (_, index) => ({
            id: hex2(index),
            value: bad.has(index) ? 'poison' : index,
            anonymousId: `a${index % 3}`,
            userId: `u${index}`,
          }))
          world.send(...events)
          await world.settle()
          const good = events.filter((_, index) => !bad.has(index))
          expect(world.stored()).toEqual(good.map(({ id, value }) => [id, value]))
          expect(letters(world)).toEqual(
            [...bad]
              .sort((a, b) => a - b)
              .map((index) => ({ id: events[index]?.id, reason: 'store_refused', attempts: 1, open: true })),
          )
          expect(world.state.hotRows.size).toBe(good.length)
          const linked = new Set(world.cold.links.map(({ link }) => link.anonymousId))
          expect(linked).toEqual(new Set(good.map(({ anonymousId }) => anonymousId)))
          expect(
            world.cold.links.every(({ link }) => good.some(({ userId }) => userId === link.userId)),
          ).toBe(true)
          await world.stop()
        }
      }
    }
    expect(batches).toBeGreaterThanOrEqual(300)
  }, 60_000)

  it('outside of what a time column holds is refused without asking the store', async () => {
    const world = createSmallWorld()
    world.send({ id: '01', eventTime: -1 }, { id: '02', eventTime: NaN }, { id: '03' })
    await world.settle()
    expect(world.stored()).toEqual([['03', 1]])
    expect(letters(world).map(({ reason }) => reason)).toEqual(['store_refused', 'store_refused'])
    await world.stop()
  })

  it('that is sent again stays dead and raises the attempts; other content under its id is taken', async () => {
    const world = createSmallWorld(isPoison)
    world.send({ id: '01', value: 'poison' })
    await world.settle()
    world.send({ id: '01', value: 'poison' })
    await world.settle()
    expect(letters(world)).toEqual([{ id: '01', reason: 'store_refused', attempts: 2, open: true }])
    world.send({ id: '01', value: 'good' })
    await world.settle()
    expect(world.stored()).toEqual([['01', 'good']])
    await world.stop()
  })
})

describe('replay', () => {
  /** A store that refuses until it is mended. */
  async function refusedOnce() {
    const store = { broken: true }
    const world = createSmallWorld((row) => store.broken && isPoison(row))
    world.send({ id: '01', value: 'poison' }, { id: '02' })
    await world.settle()
    expect(letters(world)).toEqual([{ id: '01', reason: 'store_refused', attempts: 1, open: true }])
    return { world, store }
  }
  const replay = { id: '01', value: 'poison', road: 'replay' } as const

  it('stores the event once the store takes it', async () => {
    const { world, store } = await refusedOnce()
    store.broken = false
    world.send(replay)
    await world.settle()
    expect(world.stored()).toEqual([
      ['02', 1],
      ['01', 'poison'],
    ])
    await world.stop()
  })

  it('twice changes nothing more, in one message or in two', async () => {
    const { world, store } = await refusedOnce()
    store.broken = false
    world.send(replay, replay)
    world.send(replay)
    await world.settle()
    world.send(replay)
    await world.settle()
    expect(world.stored().filter(([id]) => id === '01')).toEqual([['01', 'poison']])
    expect(letters(world)).toHaveLength(1)
    await world.stop()
  })

  it('that fails again raises the attempts of the same letter', async () => {
    const { world } = await refusedOnce()
    world.send(replay)
    await world.settle()
    expect(letters(world)).toEqual([{ id: '01', reason: 'store_refused', attempts: 2, open: true }])
    expect(world.stored()).toEqual([['02', 1]])
    await world.stop()
  })

  it('during ingest of the same event, and across a crash at every step, stores it once', async () => {
    for (const point of FAILPOINTS.filter((name) => /^(hot|cold\.(6|7|8|10|11))/.test(name))) {
      const { world, store } = await refusedOnce()
      store.broken = false
      world.crashAt(point)
      const again = { id: '01', value: 'poison' }
      world.send(again, { id: '03' }, replay, again, replay)
      world.send(replay, { id: '03' }, again)
      await world.settle()
      expect(world.crashed(), point).toBe(true)
      expect(
        world.stored().filter(([id]) => id === '01'),
        point,
      ).toEqual([['01', 'poison']])
      expect(world.stored(), point).toHaveLength(3)
      expect(world.cold.violations).toEqual([])
      await world.stop()
    }
  })
})

describe('a crash at each numbered step', () => {
  const points = FAILPOINTS.filter((name) => /^(hot|cold)/.test(name))
  it.each(points)('%s: everything is there once', async (point) => {
    for (let round = 0; round < 10; round++) {
      const world = createSmallWorld(isPoison, { bufferBytes: round % 2 === 0 ? 0 : 1_000_000 })
      world.crashAt(point, 1 + (round % 3 === 2 && !point.startsWith('cold.8.after_first') ? 1 : 0))
      for (let message = 0; message <= round + 1; message++) {
        world.send(
          { id: `1${hex(message)}`, anonymousId: 'a', userId: `u${message}` },
          { id: `2${hex(message)}`, value: 'poison' },
          { id: `1${hex(message >> 1)}`, anonymousId: 'a', userId: `u${message >> 1}` },
          { id: `3${hex(message)}`, eventTime: Date.UTC(2026, message % 4) },
        )
        if (message % 2 === 1) await world.settle()
      }
      await world.settle()
      expect(world.crashed()).toBe(true)
      expect(world.cold.violations).toEqual([])
      expect(world.stored()).toHaveLength(2 * (round + 2))
      expect(letters(world)).toHaveLength(round + 2)
      await world.stop()
    }
  })

  it.each([
    'recovery.a.before_fence',
    'recovery.b.killed',
    'recovery.c.asked',
    'recovery.c.inserted',
  ] as const)('%s: everything is there once', async (point) => {
    const world = createSmallWorld(isPoison)
    world.crashAt('cold.8.after_first_insert')
    world.send({ id: '01' }, { id: '02', value: 'poison' }, { id: '03', eventTime: Date.UTC(2026, 1) })
    const settling = world.settle()
    await waitFor(() => world.crashed())
    world.crashAt(point)
    await settling
    expect(world.cold.violations).toEqual([])
    expect(
      world
        .stored()
        .map(([id]) => id)
        .sort(),
    ).toEqual(['01', '03'])
    expect(letters(world)).toHaveLength(1)
    await world.stop()
  })
})

describe('a store that is away', () => {
  it('stops only the cold stage, in bounded memory; everything arrives once when it is back', async () => {
    const bufferBytes = 20_000
    const world = createSmallWorld(isPoison, { bufferBytes, coldMaxEvents: 50 })
    world.coldAway = true
    for (let message = 0; message < 250; message++) {
      world.send({ id: hex2(message) }, { id: hex2(message >> 1) })
      await world.run(4)
      expect(await world.metric('penstock_queue_bytes{queue="cold"}')).toBeLessThanOrEqual(bufferBytes)
    }
    expect(world.state.rows.get(0)).toMatchObject({ hotTotals: { events: 500, stored: 250 }, coldThrough: 0 })
    expect(world.stored()).toEqual([])
    expect(await world.metric('penstock_worker_lag_events')).toBe(500)
    expect(world.worker().alive()).toBe(true)
    expect(world.logged.filter(({ event }) => event === 'store.unavailable')).toHaveLength(1)

    world.coldAway = false
    await world.settle()
    expect(world.stored()).toHaveLength(250)
    expect(world.cold.violations).toEqual([])
    expect(world.logged.filter(({ event }) => event === 'store.recovered')).toHaveLength(1)
    expect(await world.metric('penstock_worker_lag_events')).toBe(0)
    await world.stop()
  })

  it('for longer than the registry remembers loses nothing that was accepted', async () => {
    const day = 86_400_000
    const world = createSmallWorld(isPoison, { bufferBytes: 0, registryWindowMs: day + 1 })
    world.coldAway = true
    world.send({ id: '01' }, { id: '02' })
    world.send({ id: '01' })
    await world.run(50)
    expect(world.state.rows.get(0)).toMatchObject({ hotTotals: { events: 3, stored: 2 } })
    await world.stop()
    world.state.registry.clear()
    world.coldAway = false
    await world.settle()
    expect(world.stored()).toEqual([
      ['01', 1],
      ['02', 1],
    ])
    await world.stop()
  })

  it('takes a position without an entry for a copy while its own would still be there', async () => {
    const world = createSmallWorld(isPoison, { bufferBytes: 0 })
    world.coldAway = true
    world.send({ id: '01' }, { id: '02' })
    await world.run(50)
    await world.stop()
    world.state.registry.delete([...world.state.registry.keys()][0] as string)
    expect(world.state.registry.size).toBe(1)
    world.coldAway = false
    await world.settle()
    expect(world.stored()).toEqual([['02', 1]])
    await world.stop()
  })

  it('does not keep the worker from stopping; the next one finishes the plan', async () => {
    const world = createSmallWorld()
    world.coldAway = true
    world.send({ id: '01' })
    await world.run(50)
    expect(world.state.rows.get(0)?.coldPlan).not.toBeNull()
    await world.stop()
    world.coldAway = false
    await world.settle()
    expect(world.stored()).toEqual([['01', 1]])
    await world.stop()
  })
})

describe('an unreadable message', () => {
  it('halts its partition and says so; nothing is skipped', async () => {
    const world = createSmallWorld()
    world.send({ id: '01' })
    await world.settle()
    const before = world.state.rows.get(0)?.hotThrough
    world.log.append(0, Buffer.from([9, 9, 9, 9, 9, 9, 9]))
    world.send({ id: '02' })
    await world.run(50)
    expect(world.worker().alive()).toBe(false)
    expect(await world.metric('penstock_partitions_halted{reason="corrupt"}')).toBe(1)
    expect(world.state.rows.get(0)?.hotThrough).toBe(before)
    expect(world.logged.filter(({ event }) => event === 'partition.halted')).toHaveLength(1)
    await world.stop()
  })
})

const hex = (value: number): string => value.toString(16)
const hex2 = (value: number): string => hex(value).padStart(2, '0')

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
