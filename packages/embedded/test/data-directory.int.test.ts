// One process per data directory, and a clear sentence for everything that is wrong with one.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { lockDataDirectory } from '@penstock/embedded'
import { afterEach, beforeEach, expect, it } from 'vitest'

const CHILD = fileURLToPath(new URL('./locking-child.ts', import.meta.url))

let root: string
let path: string
let children: ChildProcess[]
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'penstock-lock-'))
  path = join(root, 'deep', 'data')
  children = []
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(root, { recursive: true, force: true })
})

/** Starts a process that takes the lock, and waits for the line it prints. */
async function lockElsewhere(): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, line }
}
const failure = (directory: string) =>
  lockDataDirectory(directory).then(
    () => null,
    (error: unknown) => error as Error,
  )

it('creates the directory, gives it free, and may be asked to twice', async () => {
  const lock = await lockDataDirectory(path)
  await lock.release()
  await lock.release()
  const again = await lockDataDirectory(path)
  await lock.release()
  expect((await failure(path))?.message).toContain(String(process.pid))
  await again.release()
  expect(await readdir(path)).toEqual(['format.json'])
})

it('names the process that has the directory, and takes over at once when it was killed', async () => {
  const { child, line } = await lockElsewhere()
  expect(line).toBe('locked')
  expect((await failure(path))?.message).toContain(`process ${child.pid}`)
  expect((await lockElsewhere()).line).toContain(`process ${child.pid}`)

  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  const lock = await lockDataDirectory(path)
  await lock.release()
})

it('takes over a lock whose pid belongs to another process by now', async () => {
  await (await lockDataDirectory(path)).release()
  await writeFile(
    join(path, 'lock-left'),
    JSON.stringify({ pid: process.pid, start: 'another boot/1', token: 'x' }),
  )
  await (await lockDataDirectory(path)).release()
})

it('takes over a lock that its dying owner wrote in half', async () => {
  await (await lockDataDirectory(path)).release()
  await writeFile(join(path, 'lock-left'), '{"pid":')
  await (await lockDataDirectory(path)).release()
})

it('never lets two of several win that find the same stale lock at once', async () => {
  for (let round = 0; round < 8; round++) {
    const directory = join(root, String(round))
    await (await lockDataDirectory(directory)).release()
    await writeFile(
      join(directory, 'lock-left'),
      JSON.stringify({ pid: 2 ** 22 + 1, start: 'gone', token: 'x' }),
    )
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => lockDataDirectory(directory)))
    const won = results.filter((result) => result.status === 'fulfilled')
    expect(won.length).toBeLessThanOrEqual(1)
    for (const { value } of won) await value.release()
    await (await lockDataDirectory(directory)).release()
  }
})

it('refuses what is not a directory', async () => {
  await writeFile(join(root, 'file'), 'x')
  expect((await failure(join(root, 'file')))?.message).toMatch(/file is not a directory/)
  expect((await failure(join(root, 'file', 'below')))?.message).toMatch(/is not a directory/)
})

it('refuses a format that it does not know, and a damaged format file', async () => {
  await (await lockDataDirectory(path)).release()
  expect(await readFile(join(path, 'format.json'), 'utf8')).toBe('{"format":1}')
  await writeFile(join(path, 'format.json'), '{"format":99}')
  expect((await failure(path))?.message).toMatch(/format 99/)
  await writeFile(join(path, 'format.json'), '{')
  expect((await failure(path))?.message).toMatch(/damaged/)
  await writeFile(join(path, 'format.json'), '{"format":1}')
  await (await lockDataDirectory(path)).release()
})

it('says that a directory cannot be written', async (context) => {
  await (await lockDataDirectory(path)).release()
  if (process.getuid?.() !== 0) await chmod(path, 0o500)
  else if (!mountedReadOnly(path))
    context.skip('as root permissions do not bite, and a read-only mount is not possible here')
  try {
    expect((await failure(path))?.message).toMatch(/cannot be written \((EROFS|EACCES)\)/)
  } finally {
    if (process.getuid?.() === 0) execFileSync('umount', [path])
    else await chmod(path, 0o700)
  }
})

function mountedReadOnly(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', directory], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
