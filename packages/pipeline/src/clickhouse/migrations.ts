// The cold store's tables, as numbered steps. A step is never edited once merged; each may run again after a crash in the middle.
//
// events_v1: one row per event. Plain reads are right without FINAL: the worker inserts each event once, ReplacingMergeTree is
// only the net. Event time is fixed by the gateway, so a repeated insert has the same sorting key and the same partition.
// Hashes stand beside the ids because distinct counting over 64-bit numbers is several times faster than over texts.
// original_ms is what the client sent as its time, which may be of any year, as its clock may be wrong by thousands; a DateTime64
// keeps 1900 to 2299. It is what is read; original_timestamp says the same where it can, for the release that knew only that.
//
// links_v1: one row per stated link, in the order in which "who holds this anonymous id" is asked: by hash, then by time.

export interface Migration {
  /** `NNNN_verb_object` */
  name: string
  statements: readonly string[]
}

const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000'

const CREATE_EVENTS = `
CREATE TABLE IF NOT EXISTS events_v1
(
    project_id         LowCardinality(String),
    event_id           UUID,
    type               LowCardinality(String),
    name               LowCardinality(String) COMMENT 'event name of every answer: the track event, $page, $screen, or empty',
    event              String,
    page_name          Nullable(String) COMMENT 'may be sent empty, unlike the ids',
    event_time         DateTime64(3, 'UTC'),
    received_at        DateTime64(3, 'UTC'),
    original_timestamp Nullable(DateTime64(3, 'UTC')) COMMENT 'as sent, when it differs from event_time',
    user_id            String,
    anonymous_id       String,
    user_hash          UInt64 MATERIALIZED if(user_id = '', 0, sipHash64('u', user_id)),
    anonymous_hash     UInt64 MATERIALIZED if(anonymous_id = '', 0, sipHash64('a', anonymous_id)),
    previous_id        String,
    group_id           String,
    session_id         Nullable(String) COMMENT 'may be sent empty',
    seq                Nullable(UInt64),
    properties         String CODEC(ZSTD(1)),
    traits             String CODEC(ZSTD(1)),
    context            String CODEC(ZSTD(1)),
    batch              LowCardinality(String),
    INDEX batch_index batch TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (project_id, event_time, event_id)
SETTINGS ${DURABLE}`

const CREATE_LINKS = `
CREATE TABLE IF NOT EXISTS links_v1
(
    project_id     LowCardinality(String),
    anonymous_id   String,
    anonymous_hash UInt64 MATERIALIZED sipHash64('a', anonymous_id),
    user_id        String,
    user_hash      UInt64 MATERIALIZED sipHash64('u', user_id),
    event_time     DateTime64(3, 'UTC'),
    event_id       UUID,
    batch          LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (project_id, anonymous_hash, event_time, event_id, anonymous_id)
SETTINGS ${DURABLE}`

const CREATE_FENCES = `
CREATE TABLE IF NOT EXISTS fences_v1
(
    partition UInt32,
    epoch     UInt64
)
ENGINE = ReplacingMergeTree(epoch)
ORDER BY partition
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`

// The default gives rows of before, and those that a worker of the release before inserts, the same value.
const ADD_ORIGINAL_MS = `
ALTER TABLE events_v1 ADD COLUMN IF NOT EXISTS
    original_ms Nullable(Int64) DEFAULT toUnixTimestamp64Milli(original_timestamp)
        COMMENT 'timestamp as sent, ms since 1970, when it differs from event_time'
    AFTER original_timestamp`

/** In order; the position in the list is the schema's number. */
export const MIGRATIONS: readonly Migration[] = [
  { name: '0001_create_events', statements: [CREATE_EVENTS] },
  { name: '0002_create_links', statements: [CREATE_LINKS] },
  { name: '0003_create_fences', statements: [CREATE_FENCES] },
  { name: '0004_add_original_ms', statements: [ADD_ORIGINAL_MS] },
]
