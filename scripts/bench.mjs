// `npm run bench [-- NAME…]`: the benchmarks, one after another, on a machine that should have nothing else to do. Each compares
// with a floor in the same run and ends with 1 when its bar is missed; docs/benchmarks.md holds the results.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT, build, buildSdks, checkNode, install, say } from './set-up.mjs'

const tsx = join(ROOT, 'node_modules/tsx/dist/cli.mjs')
const BENCHES = {
  gateway: [tsx, 'bench/gateway/run.mjs', '--rounds', '5'],
  jetstream: [tsx, 'bench/gateway/jetstream.bench.ts'],
  worker: [tsx, 'bench/worker/drain.bench.ts'],
  cql: [tsx, 'bench/worker/cql.bench.ts'],
  'log-sync': [tsx, 'bench/gateway/log-sync.bench.ts'],
  'power-cut': [tsx, 'bench/gateway/power-cut.bench.ts'],
  questions: [tsx, 'bench/questions/questions.bench.ts'],
  sdk: ['bench/sdk/run.mjs', '--rounds', '3'],
  'sdk-slow': ['bench/sdk/slow.mjs'],
  'sdk-trouble': ['bench/sdk/trouble.mjs'],
  system: [tsx, 'bench/system/system.bench.ts'],
}

checkNode()
install()
build()
await buildSdks()
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in BENCHES))
if (unknown.length > 0) {
  say(`there is no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(64)
}
const missed = (asked.length > 0 ? asked : Object.keys(BENCHES)).filter((name) => {
  say(`benchmark ${name}`)
  return spawnSync(process.execPath, BENCHES[name], { cwd: ROOT, stdio: 'inherit' }).status !== 0
})
say(missed.length === 0 ? 'every bar holds' : `bars missed: ${missed.join(', ')}`)
process.exitCode = missed.length === 0 ? 0 : 1
