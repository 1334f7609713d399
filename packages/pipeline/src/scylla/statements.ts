// Every statement that is sent while the system runs. Prepared; each says whether it may be repeated. Keys are whole and come from
// what never changes about an event. No statement writes a null.
// Writes about events carry their own write time (write-time.ts), so that it does not matter in which order they arrive.

export interface Statement {
  readonly cql: string
  /** False: a lightweight transaction. It is sent once, and its outcome asked for when it is not known. */
  readonly idempotent: boolean
}

const repeatable = (cql: string): Statement => ({ cql, idempotent: true })
const conditional = (cql: string): Statement => ({ cql, idempotent: false })

export interface Keyspaces {
  keyspace: string
  stateKeyspace: string
}

export type Statements = ReturnType<typeof createStatements>

/** @param names - checked by `checkConnection`: they stand in the text. */
export const createStatements = (names: Keyspaces) => ({
  ...eventStatements(names.keyspace),
  ...letterStatements(names),
  ...stateStatements(names.stateKeyspace),
})

const SHARD = 'project_id = ? AND bucket = ? AND shard = ?'
const ACTOR = 'project_id = ? AND actor_kind = ? AND actor_id = ?'
const ONE_LETTER_SHARD = 'project_id = ? AND shard = ?'

const eventStatements = (ks: string) => ({
  putEntry: repeatable(
    `INSERT INTO ${ks}.registry_v1 (project_id, bucket, shard, event_id, owner_partition, owner_seq, owner_idx, hash, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`,
  ),
  entriesOf: repeatable(
    `SELECT event_id, owner_partition, owner_seq, owner_idx, hash, state FROM ${ks}.registry_v1 WHERE ${SHARD} AND event_id IN ?`,
  ),
  putRow: repeatable(
    `INSERT INTO ${ks}.events_v1 (project_id, bucket, shard, event_id, owner_partition, owner_seq, owner_idx, received_at, event_time, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`,
  ),
  removeRow: repeatable(`DELETE FROM ${ks}.events_v1 USING TIMESTAMP ? WHERE ${SHARD} AND event_id = ?`),
  rowsOf: repeatable(
    `SELECT event_id, owner_partition, owner_seq, owner_idx, received_at, event_time, body FROM ${ks}.events_v1 WHERE ${SHARD} AND event_id IN ?`,
  ),
  putTimelineEntry: repeatable(
    `INSERT INTO ${ks}.timelines_v1 (project_id, actor_kind, actor_id, bucket, event_time, event_id)
     VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`,
  ),
  removeTimelineEntry: repeatable(
    `DELETE FROM ${ks}.timelines_v1 USING TIMESTAMP ? WHERE ${ACTOR} AND bucket = ? AND event_time = ? AND event_id = ?`,
  ),
  timelineBefore: repeatable(
    `SELECT event_time, event_id FROM ${ks}.timelines_v1 WHERE ${ACTOR} AND bucket = ? AND (event_time, event_id) < (?, ?) LIMIT ?`,
  ),
  newestTime: repeatable(`SELECT event_time FROM ${ks}.timelines_v1 WHERE ${ACTOR} AND bucket = ? LIMIT 1`),
  oldestTime: repeatable(
    `SELECT event_time FROM ${ks}.timelines_v1 WHERE ${ACTOR} AND bucket = ? ORDER BY event_time ASC, event_id ASC LIMIT 1`,
  ),
  putActorBucket: repeatable(
    `INSERT INTO ${ks}.actor_buckets_v1 (project_id, actor_kind, actor_id, bucket) VALUES (?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`,
  ),
  actorBuckets: repeatable(`SELECT bucket FROM ${ks}.actor_buckets_v1 WHERE ${ACTOR} AND bucket <= ?`),
  putLink: repeatable(
    `INSERT INTO ${ks}.links_v1 (project_id, anonymous_id, holder) VALUES (?, ?, ?) USING TIMESTAMP ?`,
  ),
  linkOf: repeatable(`SELECT holder FROM ${ks}.links_v1 WHERE project_id = ? AND anonymous_id = ?`),
  putLinked: repeatable(
    `INSERT INTO ${ks}.linked_ids_v1 (project_id, user_id, anonymous_id) VALUES (?, ?, ?) USING TIMESTAMP ?`,
  ),
  linkedIds: repeatable(`SELECT anonymous_id FROM ${ks}.linked_ids_v1 WHERE project_id = ? AND user_id = ?`),
  putTrait: repeatable(
    `INSERT INTO ${ks}.traits_v1 (project_id, user_id, name, value) VALUES (?, ?, ?, ?) USING TIMESTAMP ?`,
  ),
  traitsOf: repeatable(`SELECT name, value FROM ${ks}.traits_v1 WHERE project_id = ? AND user_id = ?`),
})

const letterStatements = ({ keyspace: ks, stateKeyspace }: Keyspaces) => ({
  putLetter: repeatable(
    `INSERT INTO ${ks}.letters_v1 (project_id, shard, letter_id, event_id, detail, position_partition, position_seq, position_idx,
       received_at, event_time, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  ),
  lettersOf: repeatable(
    `SELECT letter_id, event_id, detail, position_partition, position_seq, position_idx, received_at, event_time, body
     FROM ${ks}.letters_v1 WHERE ${ONE_LETTER_SHARD} AND letter_id IN ?`,
  ),
  putLetterHead: repeatable(
    `INSERT INTO ${ks}.letter_heads_v1 (project_id, shard, letter_id, reason, dead_at, attempts, last_partition, last_seq, last_idx)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  ),
  putLetterSettlement: repeatable(
    `INSERT INTO ${ks}.letter_heads_v1 (project_id, shard, letter_id, settled_attempts, settled_state) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  ),
  letterHeadsOf: repeatable(
    `SELECT letter_id, reason, dead_at, attempts, last_partition, last_seq, last_idx, settled_attempts, settled_state
     FROM ${ks}.letter_heads_v1 WHERE ${ONE_LETTER_SHARD} AND letter_id IN ?`,
  ),
  letterHeads: repeatable(
    `SELECT reason, attempts, settled_attempts, settled_state FROM ${ks}.letter_heads_v1 WHERE ${ONE_LETTER_SHARD}`,
  ),
  putLetterTime: repeatable(
    `INSERT INTO ${ks}.letters_by_time_v1 (project_id, day, dead_at, letter_id, reason) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  ),
  letterTimesBefore: repeatable(
    `SELECT dead_at, letter_id, reason FROM ${ks}.letters_by_time_v1
     WHERE project_id = ? AND day = ? AND (dead_at, letter_id) < (?, ?) LIMIT ?`,
  ),
  putLetterDay: repeatable(
    `INSERT INTO ${ks}.letter_days_v1 (project_id, day) VALUES (?, ?) USING TIMESTAMP ?`,
  ),
  letterDays: repeatable(
    `SELECT day FROM ${ks}.letter_days_v1 WHERE project_id = ? AND day <= ? AND day >= ?`,
  ),
  putLetterOfEvent: repeatable(
    `INSERT INTO ${ks}.letters_by_event_v1 (project_id, bucket, shard, event_id, dead_at, letter_id) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`,
  ),
  lettersOfEvent: repeatable(
    `SELECT dead_at, letter_id FROM ${ks}.letters_by_event_v1 WHERE ${SHARD} AND event_id = ? LIMIT ?`,
  ),
  putOpenLetter: repeatable(
    `INSERT INTO ${ks}.open_letters_v1 (project_id, shard, letter_id) VALUES (?, ?, ?) USING TIMESTAMP ?`,
  ),
  removeOpenLetter: repeatable(
    `DELETE FROM ${ks}.open_letters_v1 USING TIMESTAMP ? WHERE ${ONE_LETTER_SHARD} AND letter_id = ?`,
  ),
  countOpenLetters: repeatable(
    `SELECT COUNT(*) AS letters FROM ${ks}.open_letters_v1 WHERE ${ONE_LETTER_SHARD}`,
  ),
  settleLetter: conditional(
    `INSERT INTO ${stateKeyspace}.settlements_v1 (project_id, letter_id, attempts, state, settled_by) VALUES (?, ?, ?, ?, ?) IF NOT EXISTS`,
  ),
  settlementOf: repeatable(
    `SELECT state, settled_by FROM ${stateKeyspace}.settlements_v1 WHERE project_id = ? AND letter_id = ? AND attempts = ?`,
  ),
})

const stateStatements = (ks: string) => ({
  stateRow: repeatable(
    `SELECT partition, epoch, changes, holder, renewals, hot_through, hot_totals, cold_plan, cold_through, cold_totals
     FROM ${ks}.partitions_v1 WHERE partition = ?`,
  ),
  leases: repeatable(
    `SELECT partition, epoch, holder, renewals FROM ${ks}.partitions_v1 WHERE partition IN ?`,
  ),
  makeStateRow: conditional(
    `INSERT INTO ${ks}.partitions_v1 (partition, epoch, changes, holder, renewals, hot_through, hot_totals, cold_plan, cold_through, cold_totals)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS`,
  ),
  // Parameters that stay undefined are not written.
  changeStateRow: conditional(
    `UPDATE ${ks}.partitions_v1 SET changes = ?, hot_through = ?, hot_totals = ?, cold_plan = ?, cold_through = ?, cold_totals = ?
     WHERE partition = ? IF epoch = ? AND changes = ?`,
  ),
  acquireStateRow: conditional(
    `UPDATE ${ks}.partitions_v1 SET epoch = ?, holder = '', renewals = 0 WHERE partition = ? IF epoch = ?`,
  ),
  takeLease: conditional(
    `UPDATE ${ks}.partitions_v1 SET epoch = ?, holder = ?, renewals = 0 WHERE partition = ? IF epoch = ? AND holder = ? AND renewals = ?`,
  ),
  renewLease: conditional(
    `UPDATE ${ks}.partitions_v1 SET renewals = ? WHERE partition = ? IF epoch = ? AND holder = ?`,
  ),
  releaseLease: conditional(
    `UPDATE ${ks}.partitions_v1 SET holder = '', renewals = 0 WHERE partition = ? IF epoch = ? AND holder = ?`,
  ),
  announceWorker: repeatable(`INSERT INTO ${ks}.workers_v1 (holder, beat) VALUES (?, ?) USING TTL ?`),
  withdrawWorker: repeatable(`DELETE FROM ${ks}.workers_v1 WHERE holder = ?`),
  workers: repeatable(`SELECT holder, beat FROM ${ks}.workers_v1`),
  createProject: conditional(
    `INSERT INTO ${ks}.projects_v1 (id, project, created_by) VALUES (?, ?, ?) IF NOT EXISTS`,
  ),
  projectCreator: repeatable(`SELECT created_by FROM ${ks}.projects_v1 WHERE id = ?`),
  projects: repeatable(`SELECT project FROM ${ks}.projects_v1`),
  addKey: conditional(`INSERT INTO ${ks}.project_keys_v1 (id, project_key) VALUES (?, ?) IF NOT EXISTS`),
  replaceKey: conditional(`UPDATE ${ks}.project_keys_v1 SET project_key = ? WHERE id = ? IF EXISTS`),
  removeKey: conditional(`DELETE FROM ${ks}.project_keys_v1 WHERE id = ? IF EXISTS`),
  keyOf: repeatable(`SELECT project_key FROM ${ks}.project_keys_v1 WHERE id = ?`),
  keys: repeatable(`SELECT project_key FROM ${ks}.project_keys_v1`),
  migrations: repeatable(`SELECT number, name FROM ${ks}.schema_migrations`),
})
