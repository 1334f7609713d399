// `npm start`: on a fresh clone installs and builds, then runs `penstock dev` with this terminal and these arguments.
// Signals reach the program, and its exit code is this script's.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { PROGRAM, build, checkNode, install } from './set-up.mjs'

checkNode()
install()
build()

const child = spawn(process.execPath, [PROGRAM, 'dev', ...process.argv.slice(2)], { stdio: 'inherit' })
// A terminal sends Ctrl-C to both; passing it on as well would count as the second, impatient one.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT')
})
process.on('SIGTERM', () => child.kill('SIGTERM'))
process.on('SIGHUP', () => child.kill('SIGHUP'))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
})
