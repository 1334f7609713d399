// A process that takes the lock of a data directory and keeps it until it is killed.
import { lockDataDirectory } from '@penstock/embedded'

try {
  await lockDataDirectory(process.argv[2] ?? '')
  process.stdout.write('locked\n')
  setInterval(() => undefined, 60_000)
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : 'failed'}\n`)
}
