import type { Command } from 'commander'
import { action } from '../terminal/run-action.ts'
import { common, type AdminFlags } from './commands.ts'

export interface DeadLetterFlags extends AdminFlags {
  reason?: string
  since?: string
  limit?: string
  body?: true
  all?: true
  event?: string
}

export function addDeadLetterCommands(program: Command): void {
  const letters = program
    .command('dead-letters')
    .description('Look at events that could not be stored, repair them, send them again (admin key).')
  const load = () => import('./dead-letters.ts')
  const project = (command: Command) =>
    common(command).option('--project <id>', 'project (PENSTOCK_PROJECT, default dev)')
  const filtered = (command: Command) =>
    project(command)
      .option('--reason <reason>', 'only these: event_id_conflict, store_refused')
      .option('--since <time>', 'only those that died since then, such as 2026-11-22T10:00:00Z')

  filtered(letters.command('list').description('List, newest first.'))
    .option('--limit <count>', 'how many at most', '50')
    .action(action(async (flags: DeadLetterFlags) => (await load()).listLetters(flags)))
  project(letters.command('summary').description('Count by reason and state.')).action(
    action(async (flags: DeadLetterFlags) => (await load()).summarise(flags)),
  )
  project(letters.command('show').description('Show one letter.').argument('<id>'))
    .option('--body', 'print the original bytes and nothing else')
    .action(action(async (id: string, flags: DeadLetterFlags) => (await load()).showLetter(id, flags)))
  project(
    letters
      .command('repair')
      .description('Send a repaired event in the place of the original.')
      .argument('<id>'),
  )
    .requiredOption('--event <file>', 'the repaired event as JSON; - reads standard input')
    .addHelpText(
      'after',
      `
After a conflict the repaired event needs another event_id.

Example:
  penstock dead-letters show 4f… --body > event.json; edit event.json; penstock dead-letters repair 4f… --event event.json`,
    )
    .action(action(async (id: string, flags: DeadLetterFlags) => (await load()).repairLetter(id, flags)))
  filtered(
    letters
      .command('replay')
      .description('Send one letter again as it is, or all open ones.')
      .argument('[id]'),
  )
    .option('--all', 'every open letter that --reason and --since select')
    .addHelpText('after', '\nReplaying twice is replaying once: what was stored meanwhile is a copy.')
    .action(
      action(async (id: string | undefined, flags: DeadLetterFlags) =>
        (await load()).replayLetters(id, flags),
      ),
    )
  project(letters.command('discard').description('Give a letter up, for good.').argument('<id>')).action(
    action(async (id: string, flags: DeadLetterFlags) => (await load()).discardLetter(id, flags)),
  )
}
