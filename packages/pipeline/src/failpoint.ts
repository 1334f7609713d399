/**
 * Places where a crash is interesting, by the step numbers of docs/decisions/0004-exactly-once-protocol.md. Called with the
 * step that is about to be done (`before`) or has just been done (`after`). In production nothing happens there.
 */
export const FAILPOINTS = [
  'ingest.before_append',
  'ingest.after_append',
  'hot.1.read',
  'hot.2.looked_up',
  'hot.3.classified',
  'hot.4.before_commit',
  'hot.5.after_commit',
  'cold.6.before_plan',
  'cold.6.after_plan',
  'cold.7.rows_built',
  'cold.8.after_links',
  'cold.8.after_first_insert',
  'cold.8.after_inserts',
  'cold.9.before_refusal',
  'cold.9.after_refusal',
  'cold.10.before_commit',
  'cold.10.after_commit',
  'cold.11.before_purge',
  'cold.11.after_purge',
  'recovery.a.before_fence',
  'recovery.b.killed',
  'recovery.c.asked',
  'recovery.c.inserted',
  'replay.after_append',
  'lease.taken',
  'lease.renewed',
  'lease.before_release',
  'lease.released',
] as const
export type FailpointName = (typeof FAILPOINTS)[number]

export type Failpoint = (name: FailpointName) => void

/** The only failpoint that production uses. */
export const noFailpoint: Failpoint = () => undefined
