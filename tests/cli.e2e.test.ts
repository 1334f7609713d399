// The `penstock` command as its users meet it: help, configuration, keys, load, import, doctor, and `npm start`. What goes
// wrong around the server (ports, locks, disks) is in faults.e2e.test.ts.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORY } from '@penstock/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DevServer,
  type Ended,
  ask,
  penstock,
  startDev,
  startNode,
  startPenstock,
  whenReady,
} from './cli/penstock.ts'

let directory: string
let server: DevServer
const run = (...args: string[]): Promise<Ended> => penstock(args, { cwd: directory })
const onServer = (...args: string[]): Promise<Ended> => run(...args, '--url', server.url)
const json = (ended: Ended): unknown => {
  expect(ended.code, ended.stderr).toBe(0)
  return JSON.parse(ended.stdout)
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-cli-'))
  server = await startDev({ cwd: directory })
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('help and usage', () => {
  it.each([
    [[]],
    [['dev']],
    [['load']],
    [['import']],
    [['doctor']],
    [['project', 'create']],
    [['key', 'revoke']],
  ])('explains %j', async (command) => {
    const { code, stdout } = await run(...command, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: penstock ${command.join(' ')}`.trim())
  })

  it.each([
    [['fly']],
    [['load', '--fast']],
    [['import']],
    [['load', '--batch', '2501']],
    [['key', 'create', '--role', 'king']],
  ])('ends with 64 for %j', async (command) => {
    const { code, stderr, stdout } = await run(...command)
    expect(code).toBe(64)
    expect(stderr).not.toBe('')
    expect(stdout).toBe('')
  })

  it('says which version it is', async () => {
    const { version } = JSON.parse(await readFile(join(REPOSITORY, 'packages/cli/package.json'), 'utf8')) as {
      version: string
    }
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})

it('ends quietly when nobody reads what it prints any more', async () => {
  const running = startPenstock(['load', '--help'], { cwd: directory })
  running.child.stdout!.destroy()
  expect(await running.ended).toMatchObject({ code: 141, stderr: '' })
})

describe('configuration', () => {
  it('reports every wrong value at once and ends with 64', async () => {
    const env = { PENSTOCK_PORT: 'http', PENSTOCK_LOG_LEVEL: 'loud', PENSTOCK_HOST: '0.0.0.0' }
    const { code, stderr } = await penstock(['dev'], { cwd: directory, env })
    expect(code).toBe(64)
    for (const name of [
      'PENSTOCK_PORT',
      'PENSTOCK_LOG_LEVEL',
      'PENSTOCK_WRITE_KEY',
      'PENSTOCK_READ_KEY',
      'PENSTOCK_ADMIN_KEY',
    ]) {
      expect(stderr).toContain(name)
    }
  })

  it('prints what it understood, from .env, environment and flags in this order, keys masked', async () => {
    const cwd = await mkdtemp(join(directory, 'env-'))
    await writeFile(join(cwd, '.env'), 'PENSTOCK_PORT=1111\nPENSTOCK_PROJECT=shop\nPENSTOCK_HOST=127.0.0.5\n')
    const env = {
      PENSTOCK_PORT: '2222',
      PENSTOCK_HOST: '127.0.0.6',
      PENSTOCK_ADMIN_KEY: 'ak_very_secret',
      PENSTOCK_PROT: '1',
    }
    const ended = await penstock(['dev', '--print-config', '--host', '127.0.0.7'], { cwd, env })
    expect(json(ended)).toMatchObject({ port: 2222, project: 'shop', host: '127.0.0.7', adminKey: 'ak_v…' })
    expect(ended.stdout + ended.stderr).not.toContain('very_secret')
    expect(ended.stderr).toContain('did you mean PENSTOCK_PORT?')
  })
})

describe('projects and keys', () => {
  const send = async (key: string) => {
    const body = JSON.stringify({ event_id: crypto.randomUUID(), type: 'page', user_id: 'u1' })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return (await fetch(`${server.url}/events`, { method: 'POST', headers, body })).status
  }

  it('makes a project and a key that works, lists both, and takes the key away again', async () => {
    expect((await onServer('project', 'create', 'shop', '--name', 'Web shop')).code).toBe(0)
    expect(json(await onServer('project', 'list', '--json'))).toMatchObject([
      { id: 'dev' },
      { id: 'shop', name: 'Web shop' },
    ])
    const args = ['--project', 'shop', '--role', 'write', '--label', 'web', '--json']
    const made = json(await onServer('key', 'create', ...args)) as { id: string; key: string }
    expect(await send(made.key)).toBe(202)
    const listed = await onServer('key', 'list', '--project', 'shop', '--json')
    expect(json(listed)).toMatchObject([{ id: made.id, role: 'write', label: 'web' }])
    expect(listed.stdout).not.toContain(made.key)
    expect((await onServer('key', 'revoke', made.id)).code).toBe(0)
    expect(await send(made.key)).toBe(401)
  })

  it('explains a key that is not known', async () => {
    const { code, stderr } = await onServer('project', 'list', '--admin-key', 'ak_wrong')
    expect(code).toBe(64)
    expect(stderr).toContain('key_unknown')
  })

  it('ends with 69 when no server is there', async () => {
    const { code, stderr } = await run('project', 'list', '--url', 'http://127.0.0.1:9')
    expect(code).toBe(69)
    expect(stderr).toContain('penstock dev')
  })
})

describe('load', () => {
  interface LoadAccount {
    sent: number
    unique: number
    duplicates: number
    accepted: number
    findings: { about: string; result: string; detail: string }[]
  }
  const args = [
    'load',
    '--seed',
    'e2e',
    '--start',
    new Date().toISOString(),
    '--duplicates',
    '0.3',
    '--rate',
    '0',
    '--json',
  ]

  it('sends, and finds every event counted once', async () => {
    const account = json(await onServer(...args, '--events', '6000')) as LoadAccount
    expect(account).toMatchObject({ sent: 6000, accepted: 6000 })
    expect(account.duplicates).toBeGreaterThan(1500)
    expect(account.findings.map(({ about, result }) => [about, result])).toEqual([
      ['answers', 'ok'],
      ['top events', 'ok'],
      ['active users', 'ok'],
      ['metrics', 'ok'],
    ])
  })

  it('ends with 1 when the account does not add up', async () => {
    // The same run again sends the same ids: the server is right to store nothing, and the books must notice.
    const again = [...args, '--seed', 'again', '--events', '1000']
    expect((await onServer(...again)).code).toBe(0)
    const ended = await onServer(...again)
    expect(ended.code).toBe(1)
    const { findings } = JSON.parse(ended.stdout) as LoadAccount
    expect(findings.filter(({ result }) => result === 'wrong').map(({ about }) => about)).toEqual(['metrics'])
  })

  it('refuses a host that is not this machine', async () => {
    const { code, stderr } = await run('load', '--url', 'http://penstock.example:4180')
    expect(code).toBe(64)
    expect(stderr).toContain('--i-own-this-host')
  })
})

describe('import', () => {
  const LINES = 30_000
  const line = (index: number) =>
    index % 10_000 === 77
      ? '{"type":"track","user_id":"u1"}' // no event name
      : JSON.stringify({
          type: 'track',
          event: 'imported',
          user_id: `u${index % 50}`,
          timestamp: '2023-05-06 07:08:09',
          properties: { index },
        })

  it('goes on where it was killed, counts every line once, and names the refused ones', async () => {
    const file = join(directory, 'history.ndjson')
    await writeFile(
      file,
      `${Array.from({ length: LINES }, (_, index) => line(index)).join('\n')}\nnot json\n`,
    )
    const args = ['import', file, '--concurrency', '1', '--json', '--url', server.url]
    const killed = startPenstock(args, { cwd: directory })
    await expect
      .poll(() => existsSync(`${file}.penstock-import.json`), { timeout: 60_000, interval: 5 })
      .toBe(true)
    killed.child.kill('SIGKILL')
    expect((await killed.ended).signal).toBe('SIGKILL')

    const { code, stdout } = await run(...args.slice(0), '--rejects', join(directory, 'refused.ndjson'))
    expect(code).toBe(1)
    const summary = JSON.parse(stdout) as { resumed_at: number; refusals: { line: number; code: string }[] }
    expect(summary).toMatchObject({ lines: LINES + 1, accepted: LINES - 3, refused: 4, answered: true })
    expect(summary.resumed_at).toBeGreaterThan(0)
    const refusals = [78, 10_078, 20_078].map((number) => [number, 'event_name_missing'])
    expect(summary.refusals.map((refusal) => [refusal.line, refusal.code])).toEqual([
      ...refusals,
      [LINES + 1, 'line_unreadable'],
    ])
    expect((await readFile(join(directory, 'refused.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(4)
    expect(existsSync(`${file}.penstock-import.json`)).toBe(false)

    const counted = await ask(`${server.url}/v1/analytics/top-events?from=2023-05-06&to=2023-05-06`, 'rk_dev')
    expect(counted.body).toMatchObject({
      data: [{ event: 'imported', events: LINES - 3, users: 50, share: 1 }],
    })
  })

  it.each([
    ['no-such-file.csv', 'no file'],
    ['history.xml', 'cannot tell the format'],
  ])('ends with 64 for %s', async (name, words) => {
    if (name === 'history.xml') await writeFile(join(directory, name), '')
    const { code, stderr } = await run('import', name)
    expect(code).toBe(64)
    expect(stderr).toContain(words)
  })
})

describe('doctor', () => {
  interface Found {
    check: string
    result: string
    mend?: string
  }
  const results = (ended: Ended) =>
    new Map((JSON.parse(ended.stdout) as Found[]).map((found) => [found.check, found.result]))

  it('finds nothing to mend with a server that is well', async () => {
    const ended = await onServer('doctor', '--json')
    expect(ended.code, ended.stdout).toBe(0)
    const found = results(ended)
    for (const check of [
      'versions',
      'configuration',
      'data directory',
      'lock',
      'server',
      'write key',
      'read key',
      'admin key',
      'clock',
      'lag',
    ]) {
      expect(found.get(check), check).toBe('ok')
    }
  })

  it('fails for a key that the server does not know', async () => {
    const ended = await onServer('doctor', '--json', '--read-key', 'rk_other')
    expect(ended.code).toBe(1)
    expect(results(ended).get('read key')).toBe('fail')
  })

  it('fails for a port that another program has, and for a file in the place of the directory', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await expect.poll(() => other.listening).toBe(true)
    const { port } = other.address() as AddressInfo
    await writeFile(join(directory, 'a-file'), '')
    const env = { PENSTOCK_PORT: String(port), PENSTOCK_DATA_DIR: 'a-file' }
    // A server that says nothing must not hold the doctor up for long.
    other.on('connection', (socket) => socket.destroy())
    const ended = await penstock(['doctor', '--json'], { cwd: directory, env })
    other.close()
    expect(ended.code).toBe(1)
    expect(results(ended).get('port')).toBe('fail')
    expect(results(ended).get('data directory')).toBe('fail')
  })
})

describe('npm start', () => {
  it('runs the server, passes a signal on, and ends as the server does', async () => {
    const script = join(REPOSITORY, 'scripts/start.mjs')
    const cwd = await mkdtemp(join(directory, 'start-'))
    const started = await whenReady(startNode([script, '--port', '0', '--json'], { cwd }))
    expect((await ask(`${started.url}/health/ready`, '')).status).toBe(200)
    expect((await started.stop()).code).toBe(0)
  })
})
