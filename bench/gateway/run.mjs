// Gateway CPU per accepted event against a bare node:http floor, in one run: `node --import tsx bench/gateway/run.mjs [--rounds 5] [--scale 1]`.
// Servers and load generator are processes of their own; rounds are interleaved, so that a noisy machine is noisy for all.
// Prints a markdown table and one JSON line. Takes about 10 s a round. Bar: the app needs at most 1.3 × the floor.
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleServers } from './bundle-servers.ts'
import { CELLS } from './cells.ts'

const SYSTEMS = ['floor', 'core', 'app']
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const rounds = option('--rounds', 5)
// Events a measurement, as a share of the usual; less is rougher.
const scale = option('--scale', 1)
for (const cell of CELLS) cell.events *= scale

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const bundle = await bundleServers()

const directory = await mkdtemp(join(tmpdir(), 'penstock-bench-'))
const next = (child) => new Promise((resolve) => child.once('message', resolve))
const ask = (child, question) => {
  const answer = next(child)
  child.send(question)
  return answer
}

const load = fork(here('load.mjs'))
const servers = []
for (const name of SYSTEMS) {
  const child = fork(bundle, [name, join(directory, name)])
  servers.push({ name, child, port: (await next(child)).port })
}

async function measure({ child, port, name }, cell) {
  const before = (await ask(child, 'cpu')).cpu
  const started = performance.now()
  const { events, other, eventBytes } = await ask(load, { port, cell })
  const seconds = (performance.now() - started) / 1000
  const { cpu, rss } = await ask(child, 'cpu')
  await ask(child, 'purge')
  if (other > 0) throw new Error(`${name}: ${other} answers were not 202`)
  const used = cpu.user + cpu.system - before.user - before.system
  return { us: used / events, perSecond: events / seconds, rss: rss / 1_048_576, eventBytes }
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
const results = []
try {
  for (const cell of CELLS) {
    const runs = Object.fromEntries(SYSTEMS.map((name) => [name, []]))
    for (const server of servers) await measure(server, cell)
    for (let round = 0; round < rounds; round++) {
      // A different one begins each time.
      for (let turn = 0; turn < servers.length; turn++) {
        const server = servers[(round + turn) % servers.length]
        runs[server.name].push(await measure(server, cell))
      }
    }
    for (const name of SYSTEMS) {
      const ratios = runs[name].map(({ us }, round) => us / runs.floor[round].us)
      results.push({
        cell: cell.name,
        system: name,
        usPerEvent: median(runs[name].map(({ us }) => us)),
        usPerEventLeast: Math.min(...runs[name].map(({ us }) => us)),
        ratioToFloor: median(ratios),
        eventsPerSecond: median(runs[name].map(({ perSecond }) => perSecond)),
        rssMb: median(runs[name].map(({ rss }) => rss)),
        eventBytes: runs[name][0].eventBytes,
      })
    }
  }
} finally {
  load.disconnect()
  for (const { child } of servers) child.disconnect()
  await rm(directory, { recursive: true, force: true })
}

console.log(`| cell | system | µs of CPU per event (median; least) | ratio to floor | events/s |`)
console.log('| --- | --- | --- | --- | --- |')
for (const row of results) {
  console.log(
    `| ${row.cell} | ${row.system} | ${row.usPerEvent.toFixed(2)}; ${row.usPerEventLeast.toFixed(2)} | ${row.ratioToFloor.toFixed(2)} | ${Math.round(row.eventsPerSecond)} |`,
  )
}
console.log(JSON.stringify({ bench: 'gateway', rounds, scale, node: process.version, results }))
