// Holds the browser SDK to its size budgets: the whole bundle of the smallest application, minified, with gzip, and the script
// tag as it is served. Reads packages/sdk-browser/dist, so build it before. Prints the sizes.
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
  ['@penstock/browser', 7_000, () => applicationWith('index')],
  ['@penstock/browser/core', 5_000, () => applicationWith('core')],
  ['script tag', 8_000, () => readFileSync(join(HOME, 'dist/penstock.js'))],
]

let over = false
for (const [name, budget, make] of BUDGETS) {
  const bytes = gzipSync(await make(), { level: 9 }).length
  if (bytes > budget) over = true
  process.stdout.write(`${bytes > budget ? 'over  ' : 'within'} ${name}: ${bytes} of ${budget} bytes\n`)
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
