// The processes of a measurement: the sink, the child that tracks, and the published SDKs that are installed for it.
import { fork, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

/** `behaviour`: see sink.mjs. */
export async function startSink(behaviour = {}) {
  const sink = fork(here('sink.mjs'), [JSON.stringify(behaviour)])
  const said = () => new Promise((resolve) => sink.once('message', resolve))
  const { url } = await said()
  return {
    url,
    /** What arrived since the last time it was asked. */
    async count() {
      const counted = said()
      sink.send('count')
      return counted
    },
    stop: () => sink.disconnect(),
  }
}

/** Figures of one child, and what arrived. */
export async function measure(run, sink) {
  const child = fork(here('child.mjs'))
  const answer = await new Promise((resolve) => {
    child.once('message', resolve)
    child.once('exit', (code) => resolve({ error: `ended with ${code}` }))
    child.send({ ...run, url: sink.url })
  })
  if (answer.error !== undefined) throw new Error(`${run.name}: ${answer.error}`)
  return { ...answer, ...(await sink.count()) }
}

/** Each with a sink of its own that behaves so, all at the same time: the runs with their figures. */
export const measureSideBySide = (runs, load) =>
  Promise.all(
    runs.map(async ({ behaviour, ...run }) => {
      const sink = await startSink(behaviour)
      const figures = await measure({ ...run, ...load }, sink)
      sink.stop()
      return { ...run, ...figures }
    }),
  )

/** The cell of a table that says how an SDK was set. */
export const settings = ({ tuned }) => (tuned === undefined ? '' : tuned ? 'tuned' : 'default')

/** False when they cannot be had. */
export function installPeers() {
  if (existsSync(here('peers/node_modules/posthog-node'))) return true
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: here('peers'),
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.stderr.write('the published SDKs could not be installed: they are left out\n')
  return status === 0
}
