// Every environment variable, once: name, schema, default, what is expected, what it is for. The parser, the printed
// configuration, `.env.example` and the table in docs/configuration.md are all made from or checked against this list.
import { Type } from 'typebox'
import { SERVICE_VARIABLES } from './service-variables.ts'
import { port, TEST_VARIABLES, type Variable } from './variable.ts'

const DAY_LIMITS = { minimum: 35, maximum: 3650 }
const key = (prefix: string) => Type.String({ pattern: `^${prefix}_[A-Za-z0-9_-]{3,200}$` })
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

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
      'Room for events that are accepted and not yet in every store; when it is full senders get 503 until there is room. Services: shared out among the partitions.',
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
  ...SERVICE_VARIABLES,
  ...TEST_VARIABLES,
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof VARIABLES
