// `npm run torture`: builds what is stale, then runs the crash test of packages/test-kit/src/crash/command.ts.
// Standard output carries the report as JSON and nothing else.
import { spawnSync } from 'node:child_process'
import { build, checkNode, install, ROOT } from './set-up.mjs'

const args = process.argv.slice(2)
checkNode()
install()
if (!args.includes('--help') && !args.includes('--program')) build()
const command = ['--import', 'tsx', 'packages/test-kit/src/crash/command.ts', ...args]
const { status } = spawnSync(process.execPath, command, { cwd: ROOT, stdio: 'inherit' })
process.exitCode = status ?? 1
