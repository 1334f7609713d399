// The tables, as numbered steps. A step is never edited once merged; each may run again after a crash in the middle. Only what
// ScyllaDB and Apache Cassandra both understand; what is ScyllaDB's alone is in migrate-scylla.ts.
//
// registry_v1, events_v1: grouped by a shard that follows from the event id alone (event-shard.ts), so that a batch of thousands of
// events is tens of requests. timelines_v1: one partition per actor and 30 days; actor_buckets_v1 names those that exist.
// links_v1, traits_v1: one row per anonymous id or trait; which write holds is decided by its write time (write-time.ts).
// letters_v1 holds what never changes about a dead letter, letter_heads_v1 what does; the other letter tables are indexes.
// Rows that expire by themselves are compacted by time windows: one twentieth to one fortieth of the lifetime each.
import type { Keyspaces } from './statements.ts'

export interface CqlMigration {
  /** `NNNN_verb_object` */
  name: string
  statements: (names: Keyspaces) => readonly string[]
}

const windows = (days: number): string =>
  `compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': ${days}}`

const EVENT_KEY = 'project_id text, bucket int, shard int, event_id blob'
const OWNER = 'owner_partition int, owner_seq bigint, owner_idx int'
const ACTOR_KEY = 'project_id text, actor_kind text, actor_id text, bucket int'

export const CQL_MIGRATIONS: readonly CqlMigration[] = [
  {
    name: '0001_create_registry',
    statements: ({ keyspace: ks }) => [
      `CREATE TABLE IF NOT EXISTS ${ks}.registry_v1 (${EVENT_KEY}, ${OWNER}, hash blob, state text,
         PRIMARY KEY ((project_id, bucket, shard), event_id)) WITH ${windows(1)}`,
    ],
  },
  {
    name: '0002_create_hot_rows',
    statements: ({ keyspace: ks }) => [
      `CREATE TABLE IF NOT EXISTS ${ks}.events_v1 (${EVENT_KEY}, ${OWNER}, received_at bigint, event_time bigint, body blob,
         PRIMARY KEY ((project_id, bucket, shard), event_id)) WITH ${windows(3)}`,
      `CREATE TABLE IF NOT EXISTS ${ks}.timelines_v1 (${ACTOR_KEY}, event_time bigint, event_id blob,
         PRIMARY KEY ((project_id, actor_kind, actor_id, bucket), event_time, event_id))
         WITH CLUSTERING ORDER BY (event_time DESC, event_id DESC) AND ${windows(3)}`,
      `CREATE TABLE IF NOT EXISTS ${ks}.actor_buckets_v1 (${ACTOR_KEY},
         PRIMARY KEY ((project_id, actor_kind, actor_id), bucket)) WITH CLUSTERING ORDER BY (bucket DESC)`,
      `CREATE TABLE IF NOT EXISTS ${ks}.links_v1 (project_id text, anonymous_id text, holder blob,
         PRIMARY KEY ((project_id, anonymous_id)))`,
      `CREATE TABLE IF NOT EXISTS ${ks}.linked_ids_v1 (project_id text, user_id text, anonymous_id text,
         PRIMARY KEY ((project_id, user_id), anonymous_id))`,
      `CREATE TABLE IF NOT EXISTS ${ks}.traits_v1 (project_id text, user_id text, name text, value blob,
         PRIMARY KEY ((project_id, user_id), name))`,
    ],
  },
  {
    name: '0003_create_dead_letters',
    statements: ({ keyspace: ks, stateKeyspace }) => [
      `CREATE TABLE IF NOT EXISTS ${ks}.letters_v1 (project_id text, shard int, letter_id text, event_id blob, detail text,
         position_partition int, position_seq bigint, position_idx int, received_at bigint, event_time bigint, body blob,
         PRIMARY KEY ((project_id, shard), letter_id))`,
      `CREATE TABLE IF NOT EXISTS ${ks}.letter_heads_v1 (project_id text, shard int, letter_id text, reason text, dead_at bigint,
         attempts int, last_partition int, last_seq bigint, last_idx int, settled_attempts int, settled_state text,
         PRIMARY KEY ((project_id, shard), letter_id))`,
      `CREATE TABLE IF NOT EXISTS ${ks}.letters_by_time_v1 (project_id text, day int, dead_at bigint, letter_id text, reason text,
         PRIMARY KEY ((project_id, day), dead_at, letter_id)) WITH CLUSTERING ORDER BY (dead_at DESC, letter_id DESC)`,
      `CREATE TABLE IF NOT EXISTS ${ks}.letter_days_v1 (project_id text, day int,
         PRIMARY KEY (project_id, day)) WITH CLUSTERING ORDER BY (day DESC)`,
      `CREATE TABLE IF NOT EXISTS ${ks}.letters_by_event_v1 (${EVENT_KEY}, dead_at bigint, letter_id text,
         PRIMARY KEY ((project_id, bucket, shard), event_id, dead_at, letter_id))
         WITH CLUSTERING ORDER BY (event_id ASC, dead_at DESC, letter_id DESC)`,
      `CREATE TABLE IF NOT EXISTS ${ks}.open_letters_v1 (project_id text, shard int, letter_id text,
         PRIMARY KEY ((project_id, shard), letter_id))`,
      `CREATE TABLE IF NOT EXISTS ${stateKeyspace}.settlements_v1 (project_id text, letter_id text, attempts int, state text,
         settled_by text, PRIMARY KEY ((project_id, letter_id), attempts))`,
    ],
  },
  {
    name: '0004_create_state',
    statements: ({ stateKeyspace: ks }) => [
      `CREATE TABLE IF NOT EXISTS ${ks}.partitions_v1 (partition int PRIMARY KEY, epoch bigint, changes bigint, holder text,
         renewals bigint, hot_through bigint, hot_totals text, cold_plan text, cold_through bigint, cold_totals text)`,
      `CREATE TABLE IF NOT EXISTS ${ks}.workers_v1 (holder text PRIMARY KEY, beat bigint) WITH gc_grace_seconds = 3600`,
      `CREATE TABLE IF NOT EXISTS ${ks}.projects_v1 (id text PRIMARY KEY, project text, created_by text)`,
      `CREATE TABLE IF NOT EXISTS ${ks}.project_keys_v1 (id text PRIMARY KEY, project_key text)`,
    ],
  },
]
