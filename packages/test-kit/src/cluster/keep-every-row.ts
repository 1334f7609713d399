// Takes the net away from below the protocol: merges would remove rows with equal keys some time later, and a check would not see what
// was let through.
import { request } from 'undici'
import type { Stores } from './stores.ts'

const SETTINGS = [
  'max_bytes_to_merge_at_max_space_in_pool = 1',
  'max_bytes_to_merge_at_min_space_in_pool = 1',
  // Parts are never joined now: let there be many.
  'parts_to_delay_insert = 100000',
  'parts_to_throw_insert = 100000',
]

/** From now on the cold store in this database keeps every row. Rejects, with the reason, when it cannot. */
export async function keepEveryRowOf(stores: Stores, database: string): Promise<void> {
  const env = stores.envOf('migrate')
  const login = `${env['PENSTOCK_CLICKHOUSE_USER'] ?? ''}:${env['PENSTOCK_CLICKHOUSE_PASSWORD'] ?? ''}`
  const response = await request(`http://127.0.0.1:${stores.clickhouse.port}/`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
    body: `ALTER TABLE ${database}.events_v1 MODIFY SETTING ${SETTINGS.join(', ')}`,
  })
  const text = await response.body.text()
  if (response.statusCode !== 200) throw new Error(`ClickHouse: ${response.statusCode} ${text}`)
}
