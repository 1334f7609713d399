// A nats-server of its own that is killed, frozen and taken away under a log that goes on.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { startNats, type NatsTestServer } from '@penstock/test-kit/servers'
import { ownServerSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventLog } from '../../src/ports/event-log.ts'
import { migrateJetStream, openJetStreamLog } from '../../src/jetstream/index.ts'

const EVERYTHING = { maxBytes: 2 ** 30, maxMessages: 1_000_000 }

await ownServerSuite('nats', () => {
  let directory: string
  let server: NatsTestServer
  const optionsOf = (name: string) => ({
    servers: [server.url],
    name,
    partitions: 1,
    maxBytes: 2 ** 26,
    letterBytes: 2 ** 20,
    publishDeadlineMs: 8_000,
    requestTimeoutMs: 1_000,
  })
  const opened = async (name: string): Promise<EventLog> => {
    await migrateJetStream(optionsOf(name))
    return openJetStreamLog(optionsOf(name))
  }
  const textsOf = async (log: EventLog): Promise<string[]> =>
    (await log.read(0, 0, EVERYTHING)).map(({ chunk }) => Buffer.from(chunk).toString())

  const freeze = async (): Promise<void> => {
    server.kill('SIGSTOP')
    await sleep(100) // until each of its threads stands still
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'penstock-nats-'))
    server = await startNats({ directory })
  })
  afterAll(async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })

  it('loses and doubles nothing while its server is killed again and again', async () => {
    const log = await opened('killed')
    const acknowledged: string[] = []
    const unknown: string[] = []
    let stopped = false
    const writer = async (name: string): Promise<void> => {
      for (let n = 0; !stopped; n++) {
        const text = `${name}-${n}`
        await log.append(0, Buffer.from(text)).then(
          () => acknowledged.push(text),
          (error: unknown) => {
            if ((error as { kind?: string }).kind === 'outcome_unknown') unknown.push(text)
          },
        )
      }
    }
    const writers = ['a', 'b', 'c', 'd'].map(writer)
    for (let kill = 0; kill < 5; kill++) {
      await sleep(300)
      await server.restart()
    }
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 20)
    stopped = true
    await Promise.all(writers)

    const stored = await textsOf(log)
    expect(new Set(stored).size).toBe(stored.length)
    expect(acknowledged.filter((text) => !stored.includes(text))).toEqual([])
    const known = new Set([...acknowledged, ...unknown])
    expect(stored.filter((text) => !known.has(text))).toEqual([])
    const times = (await log.read(0, 0, EVERYTHING)).map(({ logTime }) => logTime)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    await log.close()
  })

  it('says that nothing was stored when the server was away all the time, and goes on when it is back', async () => {
    const log = await openJetStreamLog({ ...optionsOf('killed'), publishDeadlineMs: 400 })
    await log.append(0, Buffer.from('before'))
    server.kill('SIGKILL')
    await server.exited()
    await sleep(100) // until the connection has noticed
    await expect(log.append(0, Buffer.from('away'))).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(log.end(0)).rejects.toMatchObject({ retryable: true })
    const started = performance.now()
    await log.wait(0, 2 ** 40, 300)
    expect(performance.now() - started).toBeGreaterThan(250)
    await server.restart()
    await expect
      .poll(
        () =>
          log.append(0, Buffer.from('back')).then(
            () => 'stored',
            () => 'not yet',
          ),
        { timeout: 10_000 },
      )
      .toBe('stored')
    expect((await textsOf(log)).includes('away')).toBe(false)
    await log.close()
  })

  it('does not wait for answers that went with their server, and asks again once it is back', async () => {
    const log = await openJetStreamLog({ ...optionsOf('killed'), requestTimeoutMs: 300_000 })
    const { seq } = await log.append(0, Buffer.from('first'))
    await freeze()
    const asked = [log.read(0, 0, EVERYTHING), log.end(0), log.append(0, Buffer.from('went down'))] as const
    const answers = asked.map(async (answer) => (await Promise.allSettled([answer]))[0])
    await sleep(100) // until they are sent
    server.kill('SIGKILL')
    await server.exited()
    const [read, end] = await Promise.all(answers.slice(0, 2))
    const later = log.end(0)
    await server.restart()
    expect(read).toMatchObject({ reason: { retryable: true } })
    expect(end).toMatchObject({ reason: { retryable: true } })
    expect(await answers[2]).toMatchObject({ status: 'fulfilled' })
    expect((await later).lastSeq).toBeGreaterThanOrEqual(seq)
    expect((await textsOf(log)).filter((text) => text === 'went down')).toHaveLength(1)
    await log.close()
  })

  it('does not know of a message that a frozen server never answered, and keeps one that it did store once', async () => {
    const log = await openJetStreamLog({ ...optionsOf('killed'), publishDeadlineMs: 700 })
    await log.append(0, Buffer.from('warm'))
    await freeze()
    await expect(log.append(0, Buffer.from('frozen'))).rejects.toMatchObject({ kind: 'outcome_unknown' })
    await expect(log.read(0, 0, EVERYTHING)).rejects.toMatchObject({ retryable: true })
    server.kill('SIGCONT')
    await log.append(0, Buffer.from('thawed'))
    const stored = await textsOf(log)
    expect(stored.filter((text) => text === 'frozen').length).toBeLessThanOrEqual(1)
    expect(stored.at(-1)).toBe('thawed')
    await log.close()
  })

  it('reports a hole and a lost end, and skips neither', async () => {
    const log = await opened('damaged')
    for (let n = 1; n <= 5; n++) await log.append(0, Buffer.from(`m${n}`))
    await expect(log.read(0, 9, EVERYTHING)).rejects.toMatchObject({ kind: 'corrupt' })

    // Nobody may delete a message here, so the hole is made in a stream of the same name that allows it.
    const connection = await connect({ servers: [server.url] })
    const manager = await jetstreamManager(connection)
    const { config } = await manager.streams.info('damaged_0')
    await manager.streams.delete('damaged_0')
    await manager.streams.add({ ...config, deny_delete: false })
    for (let n = 1; n <= 5; n++) await log.append(0, Buffer.from(`m${n}`))
    await manager.streams.deleteMessage('damaged_0', 3)
    await connection.close()
    await expect(log.read(0, 0, EVERYTHING)).rejects.toMatchObject({ kind: 'corrupt' })
    await expect(log.read(0, 2, EVERYTHING)).rejects.toMatchObject({ kind: 'corrupt' })
    expect(await log.read(0, 3, EVERYTHING)).toHaveLength(2)
    await log.close()
  })

  it('closes while its server is away', async () => {
    const log = await opened('closing')
    server.kill('SIGKILL')
    await server.exited()
    await sleep(100)
    await log.close()
    await expect(log.end(0)).rejects.toMatchObject({ kind: 'unavailable' })
    await server.restart()
  })
})
