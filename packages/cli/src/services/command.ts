import { type Command, Option } from 'commander'
import { action } from '../terminal/run-action.ts'

export interface ServiceFlags {
  printConfig?: true
  json?: true
}
export interface GatewayFlags extends ServiceFlags {
  serve: 'ingest' | 'answers' | 'all'
  host?: string
  port?: string
}
export interface MigrateFlags extends ServiceFlags {
  wait: string
}

const COMMON = `
Configured by environment variables; docs/configuration.md lists them, under "Services" where the stores are. A secret may stand in a
file: PENSTOCK_CQL_PASSWORD_FILE and so on.`

export function addServiceCommands(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('Take events in and answer questions, beside NATS, ScyllaDB and ClickHouse.')
    .addOption(
      new Option('--serve <part>', 'which requests this process answers')
        .choices(['ingest', 'answers', 'all'])
        .default('all'),
    )
    .option('--host <address>', 'address to listen on (PENSTOCK_HOST, default 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (PENSTOCK_PORT, default 4180)')
  common(gateway)
    .addHelpText(
      'after',
      `
Keeps nothing itself: run as many as you like. SIGTERM fails readiness, waits for balancers to notice, finishes what is in flight.

Examples:
  penstock gateway --serve ingest
  penstock gateway --serve answers --port 4190`,
    )
    .action(
      action(async (flags: GatewayFlags) => (await import('./run-gateway.ts')).runGatewayService(flags)),
    )

  common(
    program
      .command('worker')
      .description(
        'Process the event log into ScyllaDB and ClickHouse, sharing its partitions with other workers.',
      ),
  )
    .addHelpText(
      'after',
      `
Answers GET /metrics, /health/live and /health/ready on PENSTOCK_METRICS_PORT, or on PENSTOCK_PORT when that is not set.
SIGTERM frees its partitions, which others take over within a second; after a kill they do when the lease has run out
(PENSTOCK_LEASE_MS).`,
    )
    .action(action(async (flags: ServiceFlags) => (await import('./run-worker.ts')).runWorkerService(flags)))

  common(
    program
      .command('migrate')
      .description('Make or upgrade streams, keyspaces and tables, and the first project. Safe to repeat.')
      .option('--wait <seconds>', 'how long to wait for stores that do not answer yet', '120'),
  )
    .addHelpText(
      'after',
      `
Run it before the services of a new release start, one at a time.`,
    )
    .action(action(async (flags: MigrateFlags) => (await import('./run-migrate.ts')).runMigrate(flags)))
}

function common(command: Command): Command {
  return command
    .option('--print-config', 'print the configuration as understood, secrets masked, and end')
    .option('--json', 'print the ready line as JSON')
    .addHelpText('after', COMMON)
}
