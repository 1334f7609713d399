import type { Command } from 'commander'
import { action } from '../terminal/run-action.ts'

export interface InitFlags {
  dir: string
  templates?: string
  rotate?: string[]
  show?: true
}

export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description(
      'Make the secrets of an installation of services, and the configuration files that hold them.',
    )
    .requiredOption(
      '--dir <directory>',
      'where they are kept: DIR/master has all, DIR/gateway what a gateway needs, …',
    )
    .option(
      '--templates <directory>',
      'AUDIENCE/NAME.template in it becomes DIR/AUDIENCE/NAME, secrets filled in',
    )
    .option('--rotate <names...>', 'give these secrets new values')
    .option('--show', 'print the keys although they were made before')
    .addHelpText(
      'after',
      `
What is there stays; only what is missing is made, so it can run before every start. A variable gives a secret its value:
PENSTOCK_ADMIN_KEY the admin_key, PENSTOCK_NATS_WORKER_PASSWORD the nats_worker_password, and so on.

Examples:
  penstock init --dir /init --templates /templates
  docker compose run --rm --no-deps init --show
  docker compose run --rm --no-deps init --rotate nats_worker_password cql_worker_password`,
    )
    .action(
      action(async (flags: InitFlags) => {
        const { runInit } = await import('./run-init.ts')
        return runInit(flags)
      }),
    )
}
