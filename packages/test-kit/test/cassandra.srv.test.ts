import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startCassandra } from '../src/servers/index.ts'
import { ownServerSuite, serverSuite } from '../src/servers/server-suite.ts'

/** First bytes of the answer to a CQL OPTIONS request: version 5, response bit set, opcode SUPPORTED. */
const answerToOptions = (port: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', reject)
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data)
    })
    socket.write(Buffer.from([4, 0, 0, 1, 5, 0, 0, 0, 0]))
  })

await serverSuite('cassandra', (server) => {
  it('speaks CQL', async () => {
    const answer = await answerToOptions(server.port)
    expect([answer[0], answer[4]]).toEqual([0x84, 0x06])
  })
})

await ownServerSuite('cassandra', () => {
  it('comes back on the same port after kill -9, and takes no other server for itself', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'penstock-cassandra-'))
    const server = await startCassandra({ directory, heapMiB: 384 })
    try {
      const { pid, port } = server
      server.kill('SIGKILL')
      await server.exited()
      expect(server.running).toBe(false)
      await server.restart()
      expect(server.pid).not.toBe(pid)
      expect((await answerToOptions(port))[4]).toBe(0x06)
      await expect(startCassandra({ directory: join(directory, 'other'), port })).rejects.toThrow(/in use/)
    } finally {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
