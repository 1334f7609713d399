import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cachedFolder } from './download-cache.ts'
import { ServerMissing } from './server-missing.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'penstock-cache-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

it('fetches once, also when several ask at once', async () => {
  let fetched = 0
  const fill = async (folder: string) => {
    fetched += 1
    await new Promise((resolve) => setTimeout(resolve, 50))
    writeFileSync(join(folder, 'program'), 'x')
  }
  const folders = await Promise.all([1, 2, 3].map(() => cachedFolder('server-1', fill, root)))
  expect(new Set(folders)).toEqual(new Set([join(root, 'server-1')]))
  expect([fetched, readdirSync(root)]).toEqual([1, ['server-1']])
  expect(existsSync(join(root, 'server-1', 'program'))).toBe(true)
})

it('fetches again after a failure, and leaves nothing half-done', async () => {
  let attempts = 0
  const fill = async (folder: string) => {
    attempts += 1
    writeFileSync(join(folder, `part-${attempts}`), 'x')
    await Promise.resolve()
    if (attempts < 2) throw new Error('the network is away')
  }
  const folder = await cachedFolder('server-1', fill, root)
  expect(readdirSync(folder)).toEqual(['part-2'])
  expect(readdirSync(root)).toEqual(['server-1'])
})

it('does not try again what cannot be had', async () => {
  let attempts = 0
  const fill = async () => {
    attempts += 1
    await Promise.reject(new ServerMissing('no tool to fetch it with'))
  }
  await expect(cachedFolder('server-1', fill, root)).rejects.toThrow('no tool')
  expect([attempts, readdirSync(root)]).toEqual([1, []])
})

it('breaks the lock of a fetch that was killed long ago', async () => {
  const lock = join(root, 'server-1.lock')
  writeFileSync(lock, '')
  utimesSync(lock, 1, 1)
  await cachedFolder('server-1', async () => Promise.resolve(), root)
  expect(readdirSync(root)).toEqual(['server-1'])
})
