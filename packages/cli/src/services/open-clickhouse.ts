import type { ClickHouseOptions } from '@penstock/pipeline/clickhouse'
import type { ServiceConfig } from '../config/service-config.ts'
import { tlsOptions } from './tls-options.ts'

export function clickHouseOptions({ clickhouse }: ServiceConfig): ClickHouseOptions {
  const { url, database, user, password } = clickhouse
  const { ca, ...own } = tlsOptions(clickhouse.tls) ?? {}
  return {
    url,
    database,
    user,
    ...(password === '' ? {} : { password }),
    ...(ca === undefined ? {} : { tls: { ca, ...own } }),
  }
}
