// A damaged file gives a clear error or an earlier state that holds together: never other data, never a dead process.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, open, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createLmdbEventLog } from '@penstock/embedded'
import { afterEach, beforeEach, expect, it } from 'vitest'

const CHILD = fileURLToPath(new URL('./reading-child.ts', import.meta.url))
const PAGE = 4096
const MESSAGES = 60

type Found = string[] | { kind: string; message: string }

let root: string
let whole: string
let pages: number
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'penstock-damage-'))
  whole = join(root, 'whole')
  const log = await createLmdbEventLog({ path: whole, capBytes: 2 ** 30 })
  // Small messages share pages, large ones have pages of their own.
  for (let n = 1; n <= MESSAGES; n++) await log.append(0, Buffer.alloc(n % 2 === 0 ? 300 : 20_000, n))
  await log.close()
  pages = (await stat(join(whole, 'data.mdb'))).size / PAGE
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** A copy of the log in which `damage` changes page `page`. */
async function damaged(name: string, page: number, damage: (bytes: Buffer) => void): Promise<string> {
  const path = join(root, name)
  await mkdir(path)
  await copyFile(join(whole, 'data.mdb'), join(path, 'data.mdb'))
  const file = await open(join(path, 'data.mdb'), 'r+')
  const bytes = Buffer.alloc(PAGE)
  await file.read(bytes, 0, PAGE, page * PAGE)
  damage(bytes)
  await file.write(bytes, 0, PAGE, page * PAGE)
  await file.close()
  return path
}

async function readAll(paths: string[]): Promise<Found[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', CHILD, ...paths])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Found)
}

const flip = (bytes: Buffer): void => {
  for (const at of [100, 1_500, 4_000]) bytes[at] = (bytes[at] as number) ^ 0xff
}
const noise = (bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 197 + 13) & 0xff
}
const untouched = (): void => undefined

it('reports a damaged last page', async () => {
  const [found] = await readAll([await damaged('last', pages - 1, flip)])
  expect(found).toMatchObject({ kind: 'corrupt' })
})

it('never shows other data, whichever page is damaged and how', async () => {
  const paths = [await damaged('none', 2, untouched)]
  for (let page = 0; page < pages; page += 3) {
    paths.push(await damaged(`flip-${page}`, page, flip), await damaged(`noise-${page}`, page, noise))
  }
  const [expected, ...results] = await readAll(paths)
  expect(expected).toHaveLength(MESSAGES)
  expect(results).toHaveLength(paths.length - 1)
  let reported = 0
  for (const found of results) {
    if (Array.isArray(found)) expect(found).toEqual((expected as string[]).slice(0, found.length))
    else {
      expect(found.kind).toBe('corrupt')
      reported++
    }
  }
  expect(reported).toBeGreaterThan(results.length / 2)
})

it('reports a file that was cut off', async () => {
  const path = await damaged('short', 2, untouched)
  await truncate(join(path, 'data.mdb'), Math.floor(pages / 2) * PAGE)
  const [found] = await readAll([path])
  expect(found).toMatchObject({ kind: 'corrupt' })
})
