// Where the built `penstock` command is: read from its package.json, as npm would link it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

/** Absolute path of the built command. Throws, saying how to build it, when it is not there. */
export function builtProgram(): string {
  const home = join(REPOSITORY, 'packages/cli')
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
    bin: { penstock: string }
  }
  const path = join(home, bin.penstock)
  if (!existsSync(path)) throw new Error('the program is not built: run `node scripts/build.mjs`')
  return path
}
