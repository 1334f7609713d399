// Weighs the browser SDK: the whole bundle of the smallest application, minified, with gzip, and the script tag as it is
// served. Reads packages/sdk-browser/dist, so build it before. `goal` is what we want (docs/sdk-browser.md); `ceiling` is what
// there is now, rounded up: a change that passes it fails, and whoever makes the SDK smaller lowers it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ROOT } from './set-up.mjs'

const HOME = join(ROOT, 'packages/sdk-browser')
const APPLICATION = `
const penstock = createPenstock({ writeKey: 'pk_…', host: 'https://events.example.com' })
penstock.page(); penstock.track('Signed Up', { plan: 'pro' }); penstock.identify('u1', { email: '…' }); penstock.reset()
`
const BUDGETS = [
  { name: '@penstock/browser', goal: 7_000, ceiling: 8_900, make: () => applicationWith('index') },
  { name: '@penstock/browser/core', goal: 5_000, ceiling: 8_100, make: () => applicationWith('core') },
  {
    name: 'script tag',
    goal: 8_000,
    ceiling: 8_700,
    make: () => readFileSync(join(HOME, 'dist/penstock.js')),
  },
]

let over = false
for (const { name, goal, ceiling, make } of BUDGETS) {
  const bytes = gzipSync(await make(), { level: 9 }).length
  if (bytes > ceiling) over = true
  const verdict = bytes > ceiling ? 'over its ceiling' : bytes > goal ? 'over its goal' : 'within its goal'
  process.stdout.write(`${name}: ${bytes} bytes, ${verdict} (goal ${goal}, ceiling ${ceiling})\n`)
}
process.exitCode = over ? 1 : 0

async function applicationWith(entry) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createPenstock } from './dist/${entry}.js'\n${APPLICATION}`,
      resolveDir: HOME,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0].contents
}
