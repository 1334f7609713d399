import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readAccount } from './account.ts'
import { createLedger } from './ledger.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ledger-'))
  path = join(directory, 'ledger.ndjson')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const entry = (number: number, variant = 0) => ({ number, variant, spelling: 0 })

it('reads back what was tried and what was answered', async () => {
  const ledger = await createLedger(path, { seed: 7, baseTime: 1000 })
  const first = await ledger.tried('ingest', [entry(0), entry(1), entry(2, -3)])
  const second = await ledger.tried('import', [entry(1, 2), entry(100_000)])
  await ledger.answered(first, '2026-11-20T12:00:00.000Z', [2])
  ledger.failed(second, 'cut')
  ledger.note('kill', { at: 3 })
  await ledger.close()

  const account = await readAccount(path)
  expect(account).toMatchObject({
    seed: 7,
    baseTime: 1000,
    size: 100_001,
    sends: 2,
    answeredSends: 1,
    entries: 5,
  })
  expect(account.lastAcceptedAt).toBe('2026-11-20T12:00:00.000Z')
  expect([0, 1, 2, 100_000].map((number) => account.triedOf(number))).toEqual([1, 0b101, 0, 1])
  expect([0, 1, 2, 100_000].map((number) => account.answeredOf(number))).toEqual([1, 1, 0, 0])
})

it('has a try on the disk when `tried` resolves, also when many wait at once', async () => {
  const ledger = await createLedger(path, { seed: 1, baseTime: 0 })
  const seen = await Promise.all(
    Array.from({ length: 50 }, async (_, number) => {
      const send = await ledger.tried('ingest', [entry(number)])
      return (await readFile(path, 'utf8')).includes(`"k":"try","s":${send},`)
    }),
  )
  expect(seen).not.toContain(false)
  await ledger.close()
})

it('does not write over an older ledger', async () => {
  await (await createLedger(path, { seed: 1, baseTime: 0 })).close()
  await expect(createLedger(path, { seed: 2, baseTime: 0 })).rejects.toThrow('EEXIST')
})

it('ignores a last line that a crash cut off, and nothing else', async () => {
  const ledger = await createLedger(path, { seed: 1, baseTime: 0 })
  await ledger.tried('ingest', [entry(0)])
  await ledger.close()
  await appendFile(path, '{"k":"ans","s":1,"at":"20')
  expect((await readAccount(path)).answeredOf(0)).toBe(0)
  await appendFile(path, '\n{"k":"note","what":"after"}\n')
  await expect(readAccount(path)).rejects.toThrow(SyntaxError)
})
