// `npm run torture`: builds what is stale, then runs the crash test of packages/test-kit/src/crash/command.ts.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (args) =>
  spawnSync(process.execPath, args, { cwd: root, stdio: ['inherit', 'inherit', 'inherit'] })

const built = process.argv.includes('--help') ? { status: 0 } : run(['scripts/build.mjs'])
const tested =
  built.status === 0
    ? run(['--import', 'tsx', 'packages/test-kit/src/crash/command.ts', ...process.argv.slice(2)])
    : built
process.exitCode = tested.status ?? 1
