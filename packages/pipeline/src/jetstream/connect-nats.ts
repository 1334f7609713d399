// One connection to NATS: tries for ever once it stood, notices a dead peer within half a minute, and says what happens to it.
// Refuses servers that are too old: they drop settings that they do not know without an error.
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { PipelineError } from '../errors.ts'
import { mapNatsError } from './map-error.ts'
import { DEFAULT_CONNECT_TIMEOUT_MS, type NatsConnectionOptions } from './options.ts'

/** First release with batch reads, message times in answers and the file store's fixes that this log leans on. */
const LEAST_VERSION = [2, 12, 6] as const
/** A chunk of 512 KiB with its headers; the server's own default is 1 MiB. */
const LEAST_PAYLOAD_BYTES = 640 * 1024

// Half-open connections: two unanswered pings in a row.
const PING_INTERVAL_MS = 10_000
const MAX_PINGS_OUT = 2
const RECONNECT_WAIT_MS = 250
const RECONNECT_JITTER_MS = 250

export interface Nats {
  readonly connection: NatsConnection
  readonly serverVersion: string
  connected(): boolean
  /** Resolves when the connection stands, or after this time; never rejects. */
  untilConnected(timeoutMs: number): Promise<void>
  /**
   * What `work` asks of the server. An answer that a connection broke off never comes on the next one, so it is not waited for.
   * @throws PipelineError `unavailable` when there is no connection, `outcome_unknown` when it breaks meanwhile
   */
  whileConnected<T>(work: () => Promise<T>): Promise<T>
  /** Lets what is under way come through, then closes. Idempotent. */
  close(): Promise<void>
}

/** @throws PipelineError `unavailable` when there is no server, `rejected` when it is not one to be used. */
export async function connectNats(options: NatsConnectionOptions): Promise<Nats> {
  const { user, password, token, tls, logger } = options
  const connection = await connect({
    servers: [...options.servers],
    name: options.clientName ?? 'penstock',
    timeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls) }),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    reconnectJitterTLS: RECONNECT_JITTER_MS,
    ignoreAuthErrorAbort: true, // rights that are given back later must not need a restart
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    noAsyncTraces: true,
  }).catch((error: unknown) => {
    throw mapNatsError(error, false)
  })
  const refusal = whyNot(connection)
  if (refusal !== null) {
    await connection.close()
    throw new PipelineError('rejected', 'log', refusal)
  }

  let up = true
  let closing: Promise<void> | null = null
  const waiting = new Set<() => void>()
  const underWay = new Set<() => void>()
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        up = false
        for (const breakOff of underWay) breakOff()
        logger?.warn({ event: 'nats.disconnected' }, 'the connection to NATS is gone; trying again')
      } else if (status.type === 'reconnect') {
        up = true
        for (const wake of waiting) wake()
        logger?.info({ event: 'nats.reconnected' }, 'connected to NATS again')
      } else if (status.type === 'error') {
        logger?.warn({ event: 'nats.error', error: status.error.message }, 'NATS reports an error')
      }
    }
  }
  void watch()

  return {
    connection,
    get serverVersion() {
      return connection.info?.version ?? 'unknown'
    },
    connected: () => up && !connection.isClosed(),
    async untilConnected(timeoutMs) {
      if (up || timeoutMs <= 0) return
      let wake: () => void = () => undefined
      const timer = setTimeout(() => wake(), timeoutMs)
      await new Promise<void>((resolve) => waiting.add((wake = resolve)))
      clearTimeout(timer)
      waiting.delete(wake)
    },
    whileConnected<T>(work: () => Promise<T>) {
      return new Promise<T>((resolve, reject) => {
        if (!up || connection.isClosed()) {
          reject(new PipelineError('unavailable', 'log', 'There is no connection to NATS.'))
          return
        }
        const breakOff = (): void =>
          reject(
            new PipelineError('outcome_unknown', 'log', 'The connection to NATS broke before the answer.'),
          )
        underWay.add(breakOff)
        const over =
          <Outcome>(settle: (outcome: Outcome) => void) =>
          (outcome: Outcome): void => {
            underWay.delete(breakOff)
            settle(outcome)
          }
        work().then(over(resolve), over(reject))
      })
    },
    close: () => (closing ??= closeConnection(connection, up)),
  }
}

function tlsOptions(tls: NonNullable<NatsConnectionOptions['tls']>): {
  ca?: string
  cert?: string
  key?: string
} {
  const text = (value: unknown): string => String(value)
  return {
    ...(tls.ca === undefined ? {} : { ca: text(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: text(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: text(tls.key) }),
  }
}

function whyNot(connection: NatsConnection): string | null {
  const { version = '0', max_payload: maxPayload = 0, jetstream } = connection.info ?? {}
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0, 0, 0]
  const difference =
    LEAST_VERSION.map((least, index) => (parts[index] ?? 0) - least).find((d) => d !== 0) ?? 0
  const least = LEAST_VERSION.join('.')
  if (difference < 0) return `nats-server ${version} is too old; ${least} is the least that can be used.`
  if (maxPayload < LEAST_PAYLOAD_BYTES) {
    return `The NATS server takes messages of ${maxPayload} bytes at most; max_payload must be ${LEAST_PAYLOAD_BYTES} or more.`
  }
  if (jetstream !== true) return 'The NATS server runs without JetStream.'
  return null
}

async function closeConnection(connection: NatsConnection, up: boolean): Promise<void> {
  // Draining waits for an answer of the server; without a connection there is none to wait for.
  await (up ? connection.drain() : connection.close()).catch(() => connection.close())
  await connection.closed()
}
