import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runInit } from '../src/init/run-init.ts'

// The real templates of this repository, real files; only standard output is caught.
const TEMPLATES = new URL('../../../deploy/', import.meta.url).pathname
let dir: string
const read = (path: string): string => readFileSync(join(dir, path), 'utf8')

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'penstock-init-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

async function init(flags: { rotate?: string[]; show?: true; templates?: string } = {}): Promise<string> {
  let printed = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  try {
    expect(await runInit({ dir, templates: TEMPLATES, ...flags })).toBe(0)
  } finally {
    write.mockRestore()
  }
  return printed
}

/** Path → text of everything below the directory. */
function everything(): Map<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map((file) => [
      join(file.parentPath, file.name),
      readFileSync(join(file.parentPath, file.name), 'utf8'),
    ]),
  )
}

describe('penstock init', () => {
  it('prints the keys on the first start only, and changes nothing on the next', async () => {
    const first = await init()
    const admin = read('master/admin_key')
    expect(admin).toMatch(/^ak_.{43}$/)
    expect(first).toContain(admin)
    expect(first).not.toContain(read('master/nats_worker_password'))
    const before = everything()
    const second = await init()
    expect(second).not.toContain(admin)
    expect(everything()).toEqual(before)
    expect(await init({ show: true })).toContain(admin)
  })

  it('gives every audience what it needs and nothing of the others', async () => {
    await init()
    const workers = read('master/cql_worker_password')
    expect(read('worker/cql_worker_password')).toBe(workers)
    for (const [path, text] of everything()) {
      if (!/\/(master|worker|scylla)\//.test(path)) expect(text, path).not.toContain(workers)
    }
    // The cold store sees hashes only.
    expect(read('clickhouse/users.xml')).not.toContain(read('master/clickhouse_worker_password'))
    expect(read('clickhouse/users.xml')).toMatch(/<password_sha256_hex>[0-9a-f]{64}</)
    expect(read('nats/users.conf')).toContain(read('master/nats_worker_password'))
    expect(read('scylla/roles.cql')).toContain(`'${workers}'`)
    expect(statSync(join(dir, 'master/admin_key')).mode & 0o777).toBe(0o400)
    expect([...everything().values()].join()).not.toContain('{{')
  })

  it('carries a rotated password to both sides, and leaves the rest', async () => {
    await init()
    const before = everything()
    await init({ rotate: ['nats_gateway_password'] })
    const changed = [...everything()]
      .filter(([path, text]) => before.get(path) !== text)
      .map(([path]) => path.slice(dir.length + 1))
    expect(changed.sort()).toEqual([
      'gateway/nats_gateway_password',
      'master/nats_gateway_password',
      'nats/users.conf',
    ])
  })

  it('finishes what a run that was killed had begun', async () => {
    const key = 'pk_from_the_environment'
    vi.stubEnv('PENSTOCK_WRITE_KEY', key)
    mkdirSync(join(dir, 'master'), { recursive: true })
    writeFileSync(join(dir, 'master/write_key.part'), 'half of a k')
    chmodSync(join(dir, 'master/write_key.part'), 0o400)
    await init()
    expect(read('master/write_key')).toBe(key)
    expect(existsSync(join(dir, 'master/write_key.part'))).toBe(false)
  })

  it('names the template that asks for what there is not', async () => {
    const templates = join(dir, 'templates')
    mkdirSync(join(templates, 'nats'), { recursive: true })
    writeFileSync(join(templates, 'nats/users.conf.template'), 'password: {{nats_nobody_password}}')
    await expect(init({ templates })).rejects.toThrow(/users\.conf\.template: .*nats_nobody_password/)
  })
})
