import type { ClickHouseOptions } from '@penstock/pipeline/clickhouse'
import type { ServiceConfig } from '../config/service-config.ts'

export function clickHouseOptions({ clickhouse }: ServiceConfig): ClickHouseOptions {
  const { url, database, user, password } = clickhouse
  return { url, database, user, ...(password === '' ? {} : { password }) }
}
