// Takes the net away from below the protocol: see scripts/keep-every-row.mjs. The program must have run once on the
// directory, and must not run now.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { REPOSITORY } from './built-program.ts'

/** From now on the cold store in this data directory never merges rows away. Rejects, with the reason, when it cannot. */
export async function keepEveryRow(dataDirectory: string): Promise<void> {
  await promisify(execFile)(process.execPath, [join(REPOSITORY, 'scripts/keep-every-row.mjs'), dataDirectory])
}
