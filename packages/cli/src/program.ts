// The command line: names, options, help texts and examples. What a command does is loaded when it is called.
import { Command, CommanderError } from 'commander'
import { addAdminCommands } from './admin/commands.ts'
import { addDeadLetterCommands } from './admin/dead-letter-commands.ts'
import { addDevCommand } from './dev/command.ts'
import { addDoctorCommand } from './doctor/command.ts'
import { addImportCommand } from './import/command.ts'
import { addInitCommand } from './init/command.ts'
import { addLoadCommand } from './load/command.ts'
import { addServiceCommands } from './services/command.ts'
import { EXIT } from './terminal/exit-code.ts'
import { reportFailure } from './terminal/run-action.ts'
import { VERSION } from './version.ts'

const program = new Command('penstock')
  .description('Event collection and product analytics: every accepted event is counted exactly once.')
  .version(VERSION)
  .exitOverride()
  .showHelpAfterError('(add --help to see what is possible)')
  .addHelpText(
    'after',
    `
Examples:
  penstock dev                            start everything in one process on http://127.0.0.1:4180
  penstock load --rate 2000 --duration 30 send it realistic traffic and check that every event is counted once
  penstock import events.csv --map user_id=user --map event=name --map timestamp=time
  penstock doctor                         what is wrong with this set-up, and how to mend it

Exit codes: 0 well, 1 the answer is no, 64 wrong usage or configuration, 69 something is in the way, 70 internal.`,
  )
const COMMANDS = [
  addDevCommand,
  addServiceCommands,
  addLoadCommand,
  addImportCommand,
  addDoctorCommand,
  addAdminCommands,
  addInitCommand,
  addDeadLetterCommands,
]
for (const add of COMMANDS) add(program)
// Subcommands do not inherit this.
const inherit = (command: Command): void => {
  for (const child of command.commands)
    inherit(child.exitOverride().showHelpAfterError('(add --help to see what is possible)'))
}
inherit(program)

// Until a command says how it ended: one that never does (its last promise hangs) must not look as if all were well.
process.exitCode = EXIT.internal
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
  else process.exitCode = reportFailure(error)
}
