import { randomUUID } from 'node:crypto'
import { parseUuid } from '@penstock/contract'
import { describe, expect, it } from 'vitest'
import { byShard, eventShard } from './event-shard.ts'

const idOf = (uuid: string): Uint8Array => parseUuid(uuid) as Uint8Array
const NOW = Date.UTC(2026, 10, 22, 10)

function v7(timeMs: number): Uint8Array {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
  id.writeUIntBE(timeMs, 0, 6)
  id[6] = 0x70 | ((id[6] as number) & 0x0f)
  return id
}

describe('event shard', () => {
  it('is where it always was', () => {
    // What is stored is found by these numbers: a change here is a migration.
    expect(eventShard(idOf('018f3c5e-7a10-7abc-8def-0123456789ab'))).toEqual({ bucket: 5715682, shard: 9 })
    expect(eventShard(idOf('3f0c2f5e-9a10-4abc-8def-0123456789ab'))).toEqual({ bucket: -1, shard: 888 })
  })

  it('puts UUIDv7s of five minutes into sixteen partitions, evenly', () => {
    const counts = new Map<number, number>()
    const from = Math.floor(NOW / 300_000) * 300_000
    for (let index = 0; index < 16_000; index++) {
      const { bucket, shard } = eventShard(v7(from + (index % 300_000)))
      expect(bucket).toBe(from / 300_000)
      counts.set(shard, (counts.get(shard) ?? 0) + 1)
    }
    expect(counts.size).toBe(16)
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200)
  })

  it('spreads ids whose last bytes never change', () => {
    const shards = new Set<number>()
    for (let index = 0; index < 4_000; index++) {
      const id = Buffer.alloc(16, 0x22)
      id.writeUInt32BE(index, 0)
      id[6] = 0x10 // version 1
      shards.add(eventShard(id).shard)
    }
    expect(shards.size).toBeGreaterThan(900)
  })

  it('makes 2,500 recent UUIDv7s tens of queries, none of more than 100 ids', () => {
    const identities = Array.from({ length: 2_500 }, (_, n) => ({
      projectId: 'p',
      eventId: v7(NOW + n * 40),
    }))
    const queries = byShard(identities)
    expect(queries.length).toBeLessThanOrEqual(64)
    expect(queries.reduce((sum, { items }) => sum + items.length, 0)).toBe(2_500)
    expect(Math.max(...queries.map(({ items }) => items.length))).toBeLessThanOrEqual(100)
  })

  it('keeps projects apart', () => {
    const eventId = v7(NOW)
    expect(
      byShard([
        { projectId: 'a', eventId },
        { projectId: 'b', eventId },
      ]),
    ).toHaveLength(2)
  })
})
