export { migrateScylla } from './migrate-scylla.ts'
export { openScylla } from './open-scylla.ts'
export type { ScyllaStores } from './open-scylla.ts'
export type { MigrateScyllaOptions, ScyllaConnection, ScyllaLogger, ScyllaOptions } from './options.ts'
