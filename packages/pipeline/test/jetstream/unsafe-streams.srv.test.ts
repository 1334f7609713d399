// The log refuses a server or a stream on which an accepted event could be lost without anybody noticing.
import { randomUUID } from 'node:crypto'
import { jetstreamManager, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream'
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node'
import { serverSuite } from '@penstock/test-kit/server-suite'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { migrateJetStream, openJetStreamLog } from '../../src/jetstream/index.ts'
import { wantedLogStream } from '../../src/jetstream/stream-config.ts'
import { resolveLogOptions } from '../../src/jetstream/options.ts'

await serverSuite('nats', ({ host, port }) => {
  const servers = [`nats://${host}:${port}`]
  let connection: NatsConnection
  let manager: JetStreamManager
  let options: Parameters<typeof migrateJetStream>[0]

  beforeAll(async () => {
    connection = await connect({ servers })
    manager = await jetstreamManager(connection)
  })
  afterAll(() => connection.close())
  beforeEach(() => {
    const name = `unsafe-${randomUUID()}`.slice(0, 32)
    options = { servers, name, partitions: 2, maxBytes: 2 ** 21, letterBytes: 2 ** 20 }
  })

  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'resolved',
      (error: unknown) => {
        const { kind, message } = error as { kind: string; message: string }
        return `${kind}: ${message}`
      },
    )
  /** A log whose second partition was made by somebody who knew better. */
  const made = async (change: Partial<StreamConfig>): Promise<void> => {
    const resolved = resolveLogOptions(options)
    await manager.streams.add(wantedLogStream(resolved, 0))
    await manager.streams.add({ ...wantedLogStream(resolved, 1), ...change })
  }

  it.each<[string, Partial<StreamConfig>]>([
    ['max_age', { max_age: nanos(3_600_000) }],
    ['max_msgs', { max_msgs: 1_000 }],
    ['max_msgs_per_subject', { max_msgs_per_subject: 10 }],
    ['storage', { storage: 'memory' }],
    ['retention', { retention: 'interest' }],
    ['discard', { discard: 'old' }],
    ['deny_delete', { deny_delete: false }],
    ['deny_purge', { deny_purge: true }],
    ['allow_rollup_hdrs', { allow_rollup_hdrs: true }],
    ['duplicate_window', { duplicate_window: nanos(1_000) }],
    ['allow_direct', { allow_direct: false }],
  ])('refuses a stream with another %s', async (setting, change) => {
    await made(change)
    expect(await refusal(openJetStreamLog(options))).toMatch(new RegExp(`^rejected: .*_1 .*${setting} is`))
  })

  it('refuses a stream without a cap', async () => {
    await made({ max_bytes: -1 })
    expect(await refusal(openJetStreamLog(options))).toMatch(/^rejected: .*no byte cap/)
  })

  it('refuses fewer copies than it was told', async () => {
    await made({})
    expect(await refusal(openJetStreamLog({ ...options, replicas: 3 }))).toMatch(/^rejected: .*num_replicas/)
  })

  it('refuses another number of partitions, and changes nothing', async () => {
    await migrateJetStream(options)
    const before = await manager.streams.info(`${options.name}_0`)
    expect(await refusal(openJetStreamLog({ ...options, partitions: 3 }))).toMatch(
      /^rejected: .*2 partitions/,
    )
    expect(await refusal(migrateJetStream({ ...options, partitions: 3 }))).toMatch(
      /^rejected: .*2 partitions/,
    )
    expect((await manager.streams.info(`${options.name}_0`)).config).toEqual(before.config)
    expect(await refusal(manager.streams.info(`${options.name}_2`))).toMatch(/not found/)
  })

  it('may be migrated again, and given another cap without losing anything', async () => {
    await migrateJetStream(options)
    const log = await openJetStreamLog(options)
    const appended = await log.append(1, Buffer.from('kept'))
    await migrateJetStream(options)
    await migrateJetStream({ ...options, maxBytes: 2 ** 22 })
    expect((await log.usage()).capBytes).toBe(2 ** 22)
    expect(await log.read(1, 0, { maxBytes: 100, maxMessages: 9 })).toMatchObject([{ seq: appended.seq }])
    await log.close()
  })

  it('is unavailable as long as nobody made it', async () => {
    expect(await refusal(openJetStreamLog(options))).toMatch(/^unavailable: .*migrate first/)
  })

  it('is unavailable when there is no server', async () => {
    const nowhere = { ...options, servers: ['nats://127.0.0.1:1'], connectTimeoutMs: 500 }
    expect(await refusal(openJetStreamLog(nowhere))).toMatch(/^unavailable/)
  })
})
