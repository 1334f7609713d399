// Opens the driver. Quorum reads and writes in one data centre, everything prepared, 64-bit numbers as BigInt: the driver would
// round them silently.
import { setTimeout as sleep } from 'node:timers/promises'
import cassandra from 'cassandra-driver'
import { mapCqlError } from './map-error.ts'
import { controlConnectionOf, oneRefreshAtATime } from './one-refresh.ts'
import { checkConnection, DEFAULT_REQUEST_TIMEOUT_MS, type ScyllaConnection } from './options.ts'
import { createRetryPolicy } from './retry-policy.ts'

const { consistencies, distance } = cassandra.types

const CONNECT_TIMEOUT_MS = 5_000
// A server that comes back is noticed within this.
const RECONNECT_MS = 1_000
// A fresh server creates its first role shortly after its port opens.
const LOGIN_RETRIES = 20
const LOGIN_PAUSE_MS = 500
const SCHEMA_AGREEMENT_SECONDS = 30

/** @throws PipelineError `rejected` (options), `unavailable`. */
export async function connectCql(options: ScyllaConnection): Promise<cassandra.Client> {
  checkConnection(options)
  for (let attempt = 1; ; attempt++) {
    const client = new cassandra.Client(clientOptions(options))
    oneRefreshAtATime(controlConnectionOf(client))
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.shutdown().catch(() => undefined)
      const mapped = mapCqlError(error, 'state', 'read')
      if (mapped.driverCode !== 'bad_credentials' || attempt > LOGIN_RETRIES) throw mapped
      await sleep(LOGIN_PAUSE_MS)
    }
  }
}

function clientOptions(options: ScyllaConnection): cassandra.ClientOptions {
  const { contactPoints, localDataCenter, user, password, tls } = options
  return {
    contactPoints: [...contactPoints],
    localDataCenter,
    ...(user === undefined || password === undefined ? {} : { credentials: { username: user, password } }),
    ...(tls === undefined ? {} : { sslOptions: tls }),
    queryOptions: {
      consistency: consistencies.localQuorum,
      serialConsistency: consistencies.localSerial,
      prepare: true,
      // Said per statement; what says nothing is not repeated.
      isIdempotent: false,
    },
    encoding: { useBigIntAsLong: true, useUndefinedAsUnset: true },
    policies: {
      retry: createRetryPolicy(),
      reconnection: new cassandra.policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS),
    },
    pooling: { coreConnectionsPerHost: { [distance.local]: 2, [distance.remote]: 1 } },
    protocolOptions: { maxSchemaAgreementWaitSeconds: SCHEMA_AGREEMENT_SECONDS },
    socketOptions: {
      readTimeout: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      tcpNoDelay: true,
    },
  }
}
