import type { Command } from 'commander'
import type { TargetFlags } from '../server-api/target.ts'
import { action } from '../terminal/run-action.ts'

export interface DoctorFlags extends TargetFlags {
  dataDir?: string
  json?: true
}

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Look for what is wrong with this set-up, and say how to mend it.')
    .option('--data-dir <directory>', 'data directory (PENSTOCK_DATA_DIR, default .penstock)')
    .option('--url <url>', 'server (PENSTOCK_HOST and PENSTOCK_PORT, default http://127.0.0.1:4180)')
    .option('--project <id>', 'project (PENSTOCK_PROJECT, default dev)')
    .option('--write-key <key>', 'write key (PENSTOCK_WRITE_KEY)')
    .option('--read-key <key>', 'read key (PENSTOCK_READ_KEY)')
    .option('--admin-key <key>', 'admin key (PENSTOCK_ADMIN_KEY)')
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Changes nothing. Works with a server that runs (asks it) and without one (looks at what it would need). Ends with 1 when
something has to be mended; warnings do not count.

Example:
  penstock doctor --url http://127.0.0.1:4180`,
    )
    .action(
      action(async (flags: DoctorFlags) => {
        const { runDoctor } = await import('./run-doctor.ts')
        return runDoctor(flags)
      }),
    )
}
