import type { Command } from 'commander'
import type { TargetFlags } from '../server-api/target.ts'
import { action } from '../terminal/run-action.ts'

export interface LoadFlags extends TargetFlags {
  rate: string
  duration: string
  events?: string
  concurrency: string
  batch: string
  duplicates: string
  days: string
  seed?: string
  start?: string
  gzip: boolean
  verify: boolean
  iOwnThisHost?: true
  json?: true
}

export function addLoadCommand(program: Command): void {
  program
    .command('load')
    .description('Send realistic traffic, then check that every event is counted exactly once.')
    .option('--rate <events>', 'events a second, 0 for as many as possible', '1000')
    .option('--duration <seconds>', 'how long', '10')
    .option('--events <n>', 'stop after so many events instead')
    .option('--concurrency <n>', 'requests at once', '8')
    .option('--batch <n>', 'events a request, 1 to 2500', '100')
    .option('--duplicates <share>', 'share of the events that are copies of earlier ones, 0 to 0.9', '0.02')
    .option('--days <n>', 'visits are spread over so many days up to now, 1 to 29', '7')
    .option('--seed <text>', 'the same seed makes the same people do the same things')
    .option('--start <time>', 'pretend to begin then (RFC 3339): with --seed the ids are the same, too')
    .option('--url <url>', 'server (PENSTOCK_HOST and PENSTOCK_PORT, default http://127.0.0.1:4180)')
    .option('--project <id>', 'project that the keys belong to (PENSTOCK_PROJECT, default dev)')
    .option('--write-key <key>', 'write key (PENSTOCK_WRITE_KEY, default pk_dev)')
    .option('--read-key <key>', 'read key, for the check (PENSTOCK_READ_KEY, default rk_dev)')
    .option('--no-gzip', 'send bodies as they are')
    .option('--no-verify', 'end after sending, without asking for the counts')
    .option('--i-own-this-host', 'allow a host that is not this machine')
    .option('--json', 'print the account as JSON')
    .addHelpText(
      'after',
      `
People arrive anonymously, look around, some sign up, buy and come back on later days. Every event carries the name of the run
in context.load_run, so the check counts this run only. Ends with 1 when the account does not add up.

Examples:
  penstock load
  penstock load --rate 0 --duration 60 --concurrency 16 --batch 500
  penstock load --seed 7 --events 5000 --duplicates 0.3 --json`,
    )
    .action(
      action(async (flags: LoadFlags) => {
        const { runLoad } = await import('./run-load.ts')
        return runLoad(flags)
      }),
    )
}
