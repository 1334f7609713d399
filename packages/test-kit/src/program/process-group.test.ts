import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { killAtExit, signalGroup } from './process-group.ts'

it('lets no group outlive this process but those that are said to be gone, with one listener for all', async () => {
  const before = process.listeners('exit')
  const groups = Array.from({ length: 12 }, () => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' }))
  const isGone = groups.map(({ pid }) => killAtExit(pid!))
  const [spared, ...others] = groups
  isGone[0]!()
  const added = process.listeners('exit').filter((listener) => !before.includes(listener))
  expect(added).toHaveLength(1)

  added[0]!(0) // what the end of this process would do
  await Promise.all(others.map((child) => once(child, 'exit')))
  for (const gone of isGone) gone()
  expect(spared!.signalCode).toBe(null)
  spared!.kill('SIGINT')
  await once(spared!, 'exit')
  expect(spared!.signalCode).toBe('SIGINT') // it had lived
})

it('reaches every process of the group; one that is gone is no error', async () => {
  const shell = spawn('sh', ['-c', 'sleep 60 & echo; wait'], { detached: true })
  await once(shell.stdout, 'data')
  signalGroup(shell.pid!, 'SIGKILL')
  await once(shell, 'close') // not before everybody who could write to it is gone
  expect(() => signalGroup(shell.pid!, 'SIGKILL')).not.toThrow()
})

it('signals nobody for a process that never came to be', () => {
  expect(() => signalGroup(-1, 'SIGKILL')).not.toThrow()
})
