// Fills the cold store's own tables inside the engine: people who act at random, a quarter of whom join on some later day, most as anonymous
// visitors; 30 % are identified later and carry both ids from then on. The same arguments make the same events.
import type { ColdClient } from '../../packages/pipeline/src/clickhouse/index.ts'

export interface Fill {
  events: number
  actors: number
  days: number
  /** First day, ms since 1970, UTC midnight. */
  start: number
}

const NAMES =
  "['Opened', 'Product Viewed', 'Added', 'Searched', 'Order Completed', 'Shared', 'Liked', 'Signed Up']"

export async function fill(client: ColdClient, { events, actors, days, start }: Fill): Promise<void> {
  const query = `
    INSERT INTO events_v1 (project_id, event_id, type, name, event, event_time, received_at, user_id, anonymous_id,
      session_id, properties, batch)
    WITH sipHash64(number, 1) AS dice, dice % ${actors} AS person, sipHash64(person, 2) AS fate,
      if(bitShiftRight(fate, 16) % 4 = 0, bitShiftRight(fate, 20) % ${days}, 0) AS joined,
      joined + bitShiftRight(dice, 20) % (${days} - joined) AS day,
      toInt64(${start}) + day * 86400000 + bitShiftRight(dice, 34) % 86400000 AS ms,
      fate % 10 < 3 AND day >= bitShiftRight(fate, 8) % ${days} AS known,
      bitShiftRight(dice, 5) % 100 AS kind_dice,
      multiIf(kind_dice < 40, 'page', kind_dice < 43, 'identify', 'track') AS kind,
      ${NAMES}[1 + toUInt32(sqrt(bitShiftRight(dice, 12) % 64))] AS what
    SELECT 'bench', reinterpretAsUUID(sipHash128(number)), kind,
      multiIf(kind = 'page', '$page', kind = 'track', what, ''), if(kind = 'track', what, ''),
      fromUnixTimestamp64Milli(ms, 'UTC'), fromUnixTimestamp64Milli(ms + 300, 'UTC'),
      if(known OR kind = 'identify', concat('user-', toString(person)), ''), concat('visitor-', toString(person)),
      concat('session-', toString(person), '-', toString(day)),
      concat('{"plan":"', ['free', 'pro', 'team'][1 + dice % 3], '","amount":', toString(bitShiftRight(dice, 7) % 1000), '}'),
      'bench'
    FROM numbers(${events})
    WHERE kind != 'identify' OR fate % 10 < 3
    SETTINGS async_insert = 0`
  await client.command({ query })
  await client.command({
    query: `
      INSERT INTO links_v1 (project_id, anonymous_id, user_id, event_time, event_id, batch)
      SELECT project_id, anonymous_id, user_id, event_time, event_id, batch FROM events_v1
      WHERE user_id != '' AND anonymous_id != '' SETTINGS async_insert = 0`,
  })
}
