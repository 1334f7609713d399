// Takes a project's events before a time out of the cold store. Months that end before the time are rewritten without the
// project, so that the bytes are gone; in the month that the time cuts, rows are only marked (hidden at once, gone with the next
// merge). No partition is dropped: between looking and dropping another project could have got rows there.
import type { ColdClient } from './cold-client.ts'
import { timeText } from './values-text.ts'

/** Idempotent; reads only the key of what is to go, so nothing when there is nothing. */
export async function sweepCold(client: ColdClient, projectId: string, before: number): Promise<void> {
  const query_params = { project: projectId, before: timeText(before) }
  const expired = "project_id = {project:String} AND event_time < {before:DateTime64(3, 'UTC')}"
  const result = await client.query({
    query: `SELECT toYYYYMM(event_time) AS month, toYYYYMM({before:DateTime64(3, 'UTC')}) AS cut
            FROM events_v1 WHERE ${expired} GROUP BY month ORDER BY month`,
    query_params,
    format: 'JSONEachRow',
  })
  for (const { month, cut } of await result.json<{ month: number; cut: number }>()) {
    const partition = `IN PARTITION ${month.toFixed(0)}`
    await client.command({
      query:
        month < cut
          ? `ALTER TABLE events_v1 DELETE ${partition} WHERE ${expired} SETTINGS mutations_sync = 1`
          : `DELETE FROM events_v1 ${partition} WHERE ${expired} SETTINGS lightweight_deletes_sync = 1`,
      query_params,
    })
  }
}
