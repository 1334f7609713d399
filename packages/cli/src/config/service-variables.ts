// The variables that only the services read: where the stores are and how they are shared.
import { Type } from 'typebox'
import type { Variable } from './variable.ts'

const natsUrls = '^(nats|tls)://[A-Za-z0-9.\\[\\]:_-]+(,(nats|tls)://[A-Za-z0-9.\\[\\]:_-]+)*$'
const hosts = '^[A-Za-z0-9.\\[\\]:_-]+(,[A-Za-z0-9.\\[\\]:_-]+)*$'
const name = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' })
const keyspace = Type.String({ pattern: '^[a-z][a-z0-9_]{0,39}$' })
const password = Type.String({ minLength: 1, maxLength: 512 })
const file = Type.String({ minLength: 1 })
const NAME = 'a name of 1 to 64 letters, digits, _, . or -'
const KEYSPACE = 'a lower-case letter and up to 39 lower-case letters, digits or _'
const PASSWORD = 'a text of 1 to 512 characters'
const PATH = 'the path of a file'

const tls = (store: string, scheme: string) =>
  ({
    CA: {
      schema: file,
      fallback: null,
      expected: PATH,
      about: `Certificates (PEM) that ${store} is checked with${scheme}.`,
    },
    CERT: {
      schema: file,
      fallback: null,
      expected: PATH,
      about: `Own certificate (PEM) for ${store}, with its key; both or none.`,
    },
    KEY: { schema: file, fallback: null, expected: PATH, about: `Private key (PEM) of that certificate.` },
  }) as const satisfies Record<string, Variable>

const natsTls = tls('NATS', '')
const cqlTls = tls('the CQL servers', '; with it connections are encrypted')
const clickhouseTls = tls('ClickHouse', '')

export const SERVICE_VARIABLES = {
  PENSTOCK_NATS_URL: {
    schema: Type.String({ pattern: natsUrls }),
    fallback: null,
    expected: 'one or more nats:// or tls:// URLs separated by commas',
    about: 'The NATS servers that keep the event log. Services only; they need it.',
  },
  PENSTOCK_NATS_USER: {
    schema: name,
    fallback: null,
    expected: NAME,
    about: 'User for NATS; with a password.',
  },
  PENSTOCK_NATS_PASSWORD: {
    schema: password,
    fallback: null,
    expected: PASSWORD,
    about: 'Its password.',
    secret: true,
  },
  PENSTOCK_NATS_TLS_CA: natsTls.CA,
  PENSTOCK_NATS_TLS_CERT: natsTls.CERT,
  PENSTOCK_NATS_TLS_KEY: natsTls.KEY,
  PENSTOCK_LOG_NAME: {
    schema: Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}$' }),
    fallback: 'penstock',
    expected: '1 to 32 letters, digits, _ or -',
    about:
      'Beginning of the names of streams and subjects; installations that share NATS servers need different ones.',
  },
  PENSTOCK_PARTITIONS: {
    schema: Type.Integer({ minimum: 1, maximum: 256 }),
    fallback: '4',
    expected: 'a number from 1 to 256',
    about:
      'Partitions of the event log: the most workers that can work at once. Stored with the log when it is made; another number is refused from then on.',
  },
  PENSTOCK_LOG_REPLICAS: {
    schema: Type.Integer({ minimum: 1, maximum: 5 }),
    fallback: '1',
    expected: '1, 3 or 5',
    about:
      'Copies of the event log on different NATS servers. One copy needs `sync_interval: always` in the server’s configuration.',
  },
  PENSTOCK_LETTER_CAP_BYTES: {
    schema: Type.Integer({ minimum: 1_048_576, maximum: 1_099_511_627_776 }),
    fallback: '536870912',
    expected: 'a number of bytes from 1048576 (1 MiB) to 1099511627776 (1 TiB)',
    about:
      'Room for the bodies of open dead letters; from nine tenths on senders get 429. `migrate` gives it to the stream, also to one that is there.',
  },
  PENSTOCK_CQL_CONTACT_POINTS: {
    schema: Type.String({ pattern: hosts }),
    fallback: null,
    expected: 'one or more hosts or host:port, separated by commas',
    about:
      'ScyllaDB or Apache Cassandra servers that the others are found through. Services only; they need it.',
  },
  PENSTOCK_CQL_DATACENTER: {
    schema: name,
    fallback: 'datacenter1',
    expected: NAME,
    about: 'The data centre that reads and writes are confirmed in; the same in every service.',
  },
  PENSTOCK_CQL_KEYSPACE: {
    schema: keyspace,
    fallback: 'penstock',
    expected: KEYSPACE,
    about:
      'Keyspace of events and dead letters; with `_state` behind it that of state rows, projects and keys.',
  },
  PENSTOCK_CQL_REPLICATION: {
    schema: Type.Integer({ minimum: 1, maximum: 5 }),
    fallback: '1',
    expected: 'a number from 1 to 5',
    about:
      'Copies in that data centre when `penstock migrate` makes the keyspaces; existing ones keep theirs.',
  },
  PENSTOCK_CQL_USER: {
    schema: name,
    fallback: null,
    expected: NAME,
    about: 'User for CQL; with a password.',
  },
  PENSTOCK_CQL_PASSWORD: {
    schema: password,
    fallback: null,
    expected: PASSWORD,
    about: 'Its password.',
    secret: true,
  },
  PENSTOCK_CQL_TLS_CA: cqlTls.CA,
  PENSTOCK_CQL_TLS_CERT: cqlTls.CERT,
  PENSTOCK_CQL_TLS_KEY: cqlTls.KEY,
  PENSTOCK_CLICKHOUSE_URL: {
    schema: Type.String({ pattern: '^https?://[A-Za-z0-9.\\[\\]:_-]+/?$' }),
    fallback: null,
    expected: 'an http:// or https:// URL without a path',
    about: 'The ClickHouse server that questions are answered from. Services only; they need it.',
  },
  PENSTOCK_CLICKHOUSE_DATABASE: {
    schema: keyspace,
    fallback: 'penstock',
    expected: KEYSPACE,
    about: 'Its database; `penstock migrate` makes it.',
  },
  PENSTOCK_CLICKHOUSE_USER: {
    schema: name,
    fallback: 'default',
    expected: NAME,
    about: 'User for ClickHouse.',
  },
  PENSTOCK_CLICKHOUSE_PASSWORD: {
    schema: password,
    fallback: null,
    expected: PASSWORD,
    about: 'Its password.',
    secret: true,
  },
  PENSTOCK_CLICKHOUSE_TLS_CA: clickhouseTls.CA,
  PENSTOCK_CLICKHOUSE_TLS_CERT: clickhouseTls.CERT,
  PENSTOCK_CLICKHOUSE_TLS_KEY: clickhouseTls.KEY,
  PENSTOCK_QUESTION_MEMORY_BYTES: {
    schema: Type.Integer({ minimum: 67_108_864, maximum: 1_099_511_627_776 }),
    fallback: '536870912',
    expected: 'a number of bytes from 67108864 (64 MiB) to 1099511627776 (1 TiB)',
    about:
      'Most memory that one question, or one export, may take in ClickHouse; past it 422 `query_too_large`. The user’s own limits there count as well.',
  },
  PENSTOCK_LEASE_MS: {
    schema: Type.Integer({ minimum: 2_000, maximum: 30_000 }),
    fallback: '6000',
    expected: 'a number of milliseconds from 2000 to 30000',
    about:
      'How long a worker that says nothing keeps its partitions; the same in every worker. Shorter is quicker after a crash, and sooner wrong about a worker that is only slow.',
  },
  PENSTOCK_CLOCK_DIFFERENCE_MS: {
    schema: Type.Integer({ minimum: 0, maximum: 60_000 }),
    fallback: '1000',
    expected: 'a number of milliseconds from 0 to 60000',
    about: 'How far the clocks of the machines may be apart; answers say that they are older by that much.',
  },
} as const satisfies Record<string, Variable>
