// Every environment variable, once: name, schema, default, what is expected, what it is for. The parser, the printed
// configuration, `.env.example` and the table in docs/configuration.md are all made from or checked against this list.
import { FAILPOINTS } from '@penstock/pipeline'
import { Type, type TSchema } from 'typebox'

export interface Variable {
  /** Checked against the parsed value. `integer` and `boolean` schemas decide how the text is read. */
  schema: TSchema
  /** As text, the way it would stand in the environment; null means "not set". */
  fallback: string | null
  /** Ends the sentence "NAME must be …". */
  expected: string
  about: string
  /** Never printed in full. */
  secret?: true
  /** Refused unless `PENSTOCK_TEST=1`. */
  test?: true
}

const DAY_LIMITS = { minimum: 35, maximum: 3650 }
const port = (minimum: number) => Type.Integer({ minimum, maximum: 65_535 })
const key = (prefix: string) => Type.String({ pattern: `^${prefix}_[A-Za-z0-9_-]{3,200}$` })
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export const SAFETY_LAYERS = ['position_owner', 'missing_rows', 'durable_before_202'] as const

const expectedKey = (prefix: string) =>
  `a key that begins with ${prefix}_ and goes on with 3 to 200 letters, digits, _ or -`

export const VARIABLES = {
  PENSTOCK_HOST: {
    schema: Type.String({ pattern: '^[A-Za-z0-9._:-]+$', maxLength: 255 }),
    fallback: '127.0.0.1',
    expected: 'an address or host name to listen on',
    about: 'Address to listen on. Anything but a loopback address needs keys of your own.',
  },
  PENSTOCK_PORT: {
    schema: port(0),
    fallback: '4180',
    expected: 'a port from 0 to 65535 (0: any free one)',
    about: 'Port to listen on; 0 takes any free one.',
  },
  PENSTOCK_DATA_DIR: {
    schema: Type.String({ minLength: 1 }),
    fallback: '.penstock',
    expected: 'a directory',
    about: 'Where everything is kept: a directory on a local disk, made when it is not there.',
  },
  PENSTOCK_PROJECT: {
    schema: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,62}$' }),
    fallback: 'dev',
    expected: '1 to 63 lower-case letters, digits, _ or -',
    about: 'Id of the first project.',
  },
  PENSTOCK_WRITE_KEY: {
    schema: key('pk'),
    fallback: 'pk_dev',
    expected: expectedKey('pk'),
    about: 'Write key of the first project. The default is refused on an address that is not loopback.',
    secret: true,
  },
  PENSTOCK_READ_KEY: {
    schema: key('rk'),
    fallback: 'rk_dev',
    expected: expectedKey('rk'),
    about: 'Read key of the first project. The same rule.',
    secret: true,
  },
  PENSTOCK_ADMIN_KEY: {
    schema: key('ak'),
    fallback: 'ak_dev',
    expected: expectedKey('ak'),
    about: 'Admin key of the first project, and of the installation: it may name any project. The same rule.',
    secret: true,
  },
  PENSTOCK_METRICS_PORT: {
    schema: port(0),
    fallback: null,
    expected: 'a port from 0 to 65535',
    about:
      'Port of its own for `/metrics`, on the same address, without a key. Without it: open on loopback, else with an admin key.',
  },
  PENSTOCK_TRUST_PROXY: {
    schema: Type.String({ pattern: '^[0-9A-Fa-f.:/]+(,[0-9A-Fa-f.:/]+)*$' }),
    fallback: null,
    expected: 'addresses or networks separated by commas, such as 10.0.0.0/8,127.0.0.1',
    about: 'Proxies whose `X-Forwarded-*` headers are believed.',
  },
  PENSTOCK_LOG_CAP_BYTES: {
    schema: Type.Integer({ minimum: 1_048_576, maximum: 1_099_511_627_776 }),
    fallback: '4294967296',
    expected: 'a number of bytes from 1048576 (1 MiB) to 1099511627776 (1 TiB)',
    about:
      'Room for events that are accepted and not yet in every store; when it is full senders get 503 until there is room.',
  },
  PENSTOCK_HOT_RETENTION_DAYS: {
    schema: Type.Integer(DAY_LIMITS),
    fallback: '90',
    expected: `a number of days from ${DAY_LIMITS.minimum} (copies are recognised that long) to ${DAY_LIMITS.maximum}`,
    about: 'How long timelines, receipts and profiles reach back.',
  },
  PENSTOCK_LOG_LEVEL: {
    schema: Type.Union(LOG_LEVELS.map((level) => Type.Literal(level))),
    fallback: 'info',
    expected: `one of ${LOG_LEVELS.join(', ')}`,
    about: 'What is logged, to standard error.',
  },
  PENSTOCK_TEST: {
    schema: Type.Literal('1'),
    fallback: null,
    expected: '1, or not set',
    about: 'Allows the variables below. Never set it where events matter.',
  },
  PENSTOCK_TEST_FAILPOINT: {
    schema: Type.String({ pattern: `^(${FAILPOINTS.join('|').replaceAll('.', '\\.')})(@[1-9][0-9]{0,6})?$` }),
    fallback: null,
    expected: `NAME or NAME@N with a name of ${FAILPOINTS.join(', ')}`,
    about: 'Kills the process with -9 the N-th time this step is reached.',
    test: true,
  },
  PENSTOCK_TEST_UNSAFE: {
    schema: Type.Union(SAFETY_LAYERS.map((layer) => Type.Literal(layer))),
    fallback: null,
    expected: `one of ${SAFETY_LAYERS.join(', ')}`,
    about: 'Switches one safety layer off, to show that the tests notice.',
    test: true,
  },
  PENSTOCK_TEST_WORKER: {
    schema: Type.Union([Type.Literal('on'), Type.Literal('off')]),
    fallback: 'on',
    expected: 'on or off',
    about:
      '`off` accepts events without processing them: for benchmarks of the gateway alone and for filling a backlog.',
    test: true,
  },
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof VARIABLES
