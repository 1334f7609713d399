// Sets the cold store's tables up for a run that must see everything: merges, which would remove rows with equal keys some time later,
// never join parts, and a token of an insert is soon forgotten, so that neither tidies up what the protocol let through.
import { request } from 'undici'
import type { Stores } from './stores.ts'

const settings = (tokenWindow: number): string[] => [
  'max_bytes_to_merge_at_max_space_in_pool = 1',
  'max_bytes_to_merge_at_min_space_in_pool = 1',
  // Parts are never joined now: let there be many.
  'parts_to_delay_insert = 100000',
  'parts_to_throw_insert = 100000',
  `non_replicated_deduplication_window = ${tokenWindow.toFixed(0)}`,
]

/**
 * From now on the events table of this database keeps every row. Rejects, with the reason, when it cannot.
 * @param tokenWindow - inserts whose tokens are remembered
 */
export async function keepEveryRowOf(
  stores: { clickhouse: { port: number } } & Pick<Stores, 'envOf'>,
  database: string,
  tokenWindow: number,
): Promise<void> {
  const env = stores.envOf('migrate')
  const login = `${env['PENSTOCK_CLICKHOUSE_USER'] ?? ''}:${env['PENSTOCK_CLICKHOUSE_PASSWORD'] ?? ''}`
  const response = await request(`http://127.0.0.1:${stores.clickhouse.port}/`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
    body: `ALTER TABLE ${database}.events_v1 MODIFY SETTING ${settings(tokenWindow).join(', ')}`,
  })
  const text = await response.body.text()
  if (response.statusCode !== 200) throw new Error(`ClickHouse: ${response.statusCode} ${text}`)
}
