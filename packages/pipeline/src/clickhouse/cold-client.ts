// The part of `@clickhouse/client` that the cold store needs. A server over HTTP and the engine in this process both fit.
import type { ClickHouseClient } from '@clickhouse/client'

/**
 * A connection to one database of one ClickHouse. Whoever made it closes it. Calls may be concurrent; what runs side by side
 * is up to the connection.
 */
export type ColdClient = Pick<ClickHouseClient, 'query' | 'command' | 'exec' | 'ping' | 'close'>
