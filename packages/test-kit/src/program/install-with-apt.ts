// Gets what suites need from the system's packages, on a build machine only: with CI=true, as root, where there is apt. Nobody else's system is
// touched.
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// `update` takes no lock that others wait for: suites that ask side by side would spoil each other's.
const ONE_AT_A_TIME = join(tmpdir(), 'penstock-apt.lock')
const SCRIPT = 'apt-get update && exec apt-get install -y --no-install-recommends "$@"'

/** Whether it worked shows when the program is looked for again. */
export function installWithApt(
  packages: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): void {
  if (environment['CI'] !== 'true' || process.getuid?.() !== 0) return
  if (spawnSync('apt-get', ['--version']).status !== 0) return
  process.stderr.write(`[penstock] CI: installing ${packages.join(', ')} with apt-get\n`)
  spawnSync('flock', [ONE_AT_A_TIME, 'sh', '-c', SCRIPT, 'apt-get', ...packages], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
