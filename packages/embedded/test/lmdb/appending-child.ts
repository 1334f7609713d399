// A process that appends to a log until it is killed and names on stdout what was acknowledged, one line each.
import { createLmdbEventLog } from '@penstock/embedded'

const [path = '', run = ''] = process.argv.slice(2)
const log = await createLmdbEventLog({ path, capBytes: 2 ** 30 })
let n = 0
const append = async (): Promise<never> => {
  for (;;) {
    const text = `${run}/${n++}/`.padEnd(200 + (n % 7) * 1_500, 'x')
    const { seq, logTime } = await log.append(0, Buffer.from(text))
    process.stdout.write(`${seq} ${logTime} ${text.split('/', 2).join('/')}\n`)
    // Purging while appending: what is gone must stay gone, and no sequence may come back.
    if (seq % 50 === 0) await log.purge(0, seq - 40)
  }
}
await Promise.all(Array.from({ length: 8 }, append))
