// `npm run check`: format, lint, types, import rules, unused code, public APIs and the packages as they would be published. Runs as many at
// once as there are cores, prints the output of those that fail, and a line for each.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ROOT, build, buildSdks, checkNode, install, say, seconds } from './set-up.mjs'

const bin = (name, ...args) => [process.execPath, join(ROOT, 'node_modules', name), ...args]
// Longest first, so that none of them is left over at the end.
const CHECKS = [
  ['lint', bin('eslint/bin/eslint.js', '.', '--max-warnings', '0')],
  ['types', bin('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json')],
  ['sdk packages', [process.execPath, join(ROOT, 'scripts/check-sdk-packages.mjs')]],
  ['browser types', bin('typescript/bin/tsc', '--noEmit', '-p', 'packages/sdk-browser/tsconfig.json')],
  [
    'deps',
    bin('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'packages'),
  ],
  ['public api', [process.execPath, join(ROOT, 'scripts/check-api.mjs')]],
  ['example types', bin('typescript/bin/tsc', '--noEmit', '-p', 'examples/vite-react/tsconfig.json')],
  ['unused', bin('knip/bin/knip.js')],
  ['format', bin('prettier/bin/prettier.cjs', '--check', '.')],
  ['program package', [process.execPath, join(ROOT, 'scripts/check-package.mjs')]],
  ['packed files', [process.execPath, join(ROOT, 'scripts/check-packed.mjs')]],
]

checkNode()
install()
build()
await buildSdks()

const started = performance.now()
const queue = [...CHECKS]
const results = []
await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, work))

for (const { name, code, output } of results) {
  if (code !== 0) process.stdout.write(`\n── ${name} ──\n${output}\n`)
}
for (const { name, code, took } of results) say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${took})`)
const failed = results.filter(({ code }) => code !== 0).length
say(failed === 0 ? `all checks passed in ${seconds(started)}` : `${failed} of ${CHECKS.length} checks failed`)
process.exitCode = failed === 0 ? 0 : 1

async function work() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await run(next))
}

function run([name, [command, ...args]]) {
  const began = performance.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (data) => (output += data)
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => collect(error.message))
    child.on('close', (code) => resolve({ name, code: code ?? 1, output, took: seconds(began) }))
  })
}
