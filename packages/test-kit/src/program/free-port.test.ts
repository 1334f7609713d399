import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'

const PORTS = 300
const FILE = new URL('free-port.ts', import.meta.url).href
const OTHER = `import { freePort } from '${FILE}'
const ports = await Promise.all(Array.from({ length: ${PORTS} }, freePort))
console.log(JSON.stringify(ports))`

describe('freePort', () => {
  it('gives a port that can be listened on, outside of what systems hand out', async () => {
    const port = await freePort()
    expect(port).toBeGreaterThan(10_080)
    expect(port).toBeLessThan(32_768)
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening')
    server.close()
  })

  it('gives no port twice, in this process or another, though nothing listens yet', async () => {
    const ours = await Promise.all(Array.from({ length: PORTS }, freePort))
    // Of 600 chosen at random from 20,000 some nine would be the same.
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', '--input-type=module', '--eval', OTHER],
    ])
    const theirs = JSON.parse(stdout) as number[]
    expect(new Set([...ours, ...theirs]).size).toBe(2 * PORTS)
  })
})
