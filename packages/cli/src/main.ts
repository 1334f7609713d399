#!/usr/bin/env node
// The file that `penstock` runs. Sizes the thread pool, refuses a Node that is too old with a sentence instead of a
// stack trace, and hands over to the program. Built as CommonJS (tsup.config.ts says why).
import { sizeThreadPool } from './config/thread-pool.ts'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 18)) {
  process.stderr.write(
    `penstock needs Node 20.18.1 or newer; this is ${process.version}. Get one at nodejs.org.\n`,
  )
  process.exit(64)
}
sizeThreadPool()
// `penstock load | head`: whoever read has gone. End as SIGPIPE would have it, without a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(141)
  throw error
})
const program = './program.js'
void import(program)
