import type { Command } from 'commander'
import { action } from '../terminal/run-action.ts'

export interface DevFlags {
  host?: string
  port?: string
  dataDir?: string
  printConfig?: true
  json?: true
}

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('Start everything in one process: gateway, event log, worker, stores, answers.')
    .option('--host <address>', 'address to listen on (PENSTOCK_HOST, default 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (PENSTOCK_PORT, default 4180)')
    .option('--data-dir <directory>', 'where everything is kept (PENSTOCK_DATA_DIR, default .penstock)')
    .option('--print-config', 'print the configuration as understood, keys masked, and end')
    .option('--json', 'print the ready line as JSON')
    .addHelpText(
      'after',
      `
Everything is configured by environment variables or a file .env; docs/configuration.md lists them.
Standard output gets one line when it is ready; the log goes to standard error.
Ctrl-C stops it in order: nothing accepted is lost. Killing it loses nothing either.

Examples:
  penstock dev
  penstock dev --port 0 --data-dir /tmp/try-it --json
  PENSTOCK_LOG_LEVEL=debug penstock dev`,
    )
    .action(
      action(async (flags: DevFlags) => {
        const { runDev } = await import('./run-dev.ts')
        return runDev(flags)
      }),
    )
}
