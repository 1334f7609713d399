import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import type { ColdClient } from './cold-client.ts'
import { createClickHouseColdReader } from './cold-reader.ts'

const LIMITS = { maxExecutionMs: 2500, maxMemoryBytes: 1000, maxResultRows: 7 }
const readonly = () =>
  new ClickHouseError({ message: 'Cannot modify a setting in readonly mode', code: '164', type: 'READONLY' })

/** A server whose user may choose its settings or may not; keeps what it was asked with. */
function server(mayChoose: boolean) {
  const asked: Record<string, unknown>[] = []
  const query = ({
    clickhouse_settings: settings = {},
  }: {
    clickhouse_settings?: Record<string, unknown>
  }) => {
    asked.push(settings)
    if (!mayChoose && Object.keys(settings).some((name) => name !== 'readonly'))
      return Promise.reject(readonly())
    return Promise.resolve({
      json: () => Promise.resolve({ meta: [{ name: 'a', type: 'UInt8' }], data: [[1]] }),
      stream: () => [[{ json: () => ['a'] }, { json: () => ['UInt8'] }, { json: () => [1] }]],
    })
  }
  return { asked, client: { query } as unknown as ColdClient }
}
const ONE = { sql: 'SELECT 1 AS a', params: {} }

describe('cold reader', () => {
  it('sends its limits with every question', async () => {
    const { asked, client } = server(true)
    const reader = createClickHouseColdReader(client, LIMITS)
    expect((await reader.query(ONE)).rows).toEqual([{ a: 1 }])
    expect(asked[0]).toMatchObject({
      readonly: '1',
      max_execution_time: 2.5,
      max_memory_usage: '1000',
      max_result_rows: '7',
    })
  })

  it('leaves the limits to the profile of a user who may choose none, and asks once to find out', async () => {
    const { asked, client } = server(false)
    const reader = createClickHouseColdReader(client, LIMITS)
    expect((await reader.query(ONE)).rows).toEqual([{ a: 1 }])
    for await (const rows of reader.stream(ONE)) expect(rows).toEqual([{ a: 1 }])
    await reader.query(ONE)
    // The question, the plain statement that finds out, and then none with settings.
    expect(asked.map((settings) => Object.keys(settings).length > 0)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('reports a question that is refused without settings, too', async () => {
    const client = { query: () => Promise.reject(readonly()) } as unknown as ColdClient
    await expect(createClickHouseColdReader(client, LIMITS).query(ONE)).rejects.toMatchObject({
      store: 'cold',
    })
  })
})
