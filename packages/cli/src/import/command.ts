import type { Command } from 'commander'
import type { TargetFlags } from '../server-api/target.ts'
import { action } from '../terminal/run-action.ts'

export interface ImportFlags extends TargetFlags {
  format?: string
  map?: string[]
  property?: string[]
  number?: string[]
  type: string
  sourceName?: string
  concurrency: string
  rejects?: string
  resume: boolean
  wait: boolean
  json?: true
}

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('Send a file of past events, NDJSON or CSV (also .gz), to the import endpoint.')
    .argument('<file>', 'events.ndjson, events.csv, …, also with .gz')
    .option('--format <format>', 'ndjson or csv (default: from the file name)')
    .option(
      '--map <field=column...>',
      'take a field of the event from a column, such as user_id=customer or context.ip=ip',
    )
    .option('--property <column...>', 'take a column (or name=column) as a property')
    .option('--number <column...>', 'columns of a CSV whose values are numbers, not text')
    .option('--type <type>', 'type of events that have none', 'track')
    .option('--source-name <name>', 'name used in the ids (default: the name of the file)')
    .option('--url <url>', 'server (PENSTOCK_HOST and PENSTOCK_PORT, default http://127.0.0.1:4180)')
    .option('--project <id>', 'project (PENSTOCK_PROJECT, default dev)')
    .option('--admin-key <key>', 'admin key (PENSTOCK_ADMIN_KEY, default ak_dev)')
    .option('--concurrency <n>', 'requests at once, 1 to 16', '4')
    .option('--rejects <file>', 'write refused lines there, as NDJSON')
    .option('--no-resume', 'begin at the first line, whatever an earlier run left')
    .option('--no-wait', 'do not wait until the events are in the answers')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
Safe to repeat: a line without an event_id gets one made from project, file name, the line itself and how many lines before
it are the same, so importing the file again (within 35 days) changes nothing. A run that was interrupted goes on where it was:
<file>.penstock-import.json remembers. Times without a zone are UTC; whole numbers are seconds or milliseconds since 1970.
Columns named like a field of the contract need no --map. Ends with 1 when a line was refused.

Examples:
  penstock import history.ndjson
  penstock import shop.csv.gz --map user_id=user --map event=action --map timestamp=at --property platform country
  penstock import old.csv --map event=name --map properties.price=amount --number amount --rejects refused.ndjson`,
    )
    .action(
      action(async (file: string, flags: ImportFlags) => {
        const { runImport } = await import('./run-import.ts')
        return runImport(file, flags)
      }),
    )
}
