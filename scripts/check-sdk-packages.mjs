// Checks every published SDK, as built, the way an application gets it: packs it, looks at its `exports` (publint) and at how
// TypeScript resolves its types (are-the-types-wrong), and that its declarations name none of our private packages; then
// at the sizes (check-sdk-size.mjs).
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { ROOT, sdkPackages } from './set-up.mjs'

const problems = []
for (const { name, directory, manifest } of sdkPackages()) {
  await check(directory, manifest, (text) => problems.push(`${name}: ${text}`))
}
const size = spawnSync(process.execPath, [join(ROOT, 'scripts/check-sdk-size.mjs')], { encoding: 'utf8' })
if (size.status !== 0) problems.push(`sizes:\n${size.stdout}${size.stderr}`)
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

async function check(home, manifest, report) {
  const { messages } = await publint({ pkgDir: home, level: 'warning' })
  for (const message of messages) report(formatMessage(message, manifest))
  // Files that are no modules (a script tag) have no types.
  const scripts = Object.keys(manifest.exports).filter((name) => /\.(js|json)$/.test(name))
  const attw = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js'),
      '--pack',
      home,
      '--profile',
      'node16',
      '--no-color',
      ...(scripts.length > 0 ? ['--exclude-entrypoints', ...scripts.map((name) => name.slice(2))] : []),
    ],
    { encoding: 'utf8' },
  )
  if (attw.status !== 0) report(attw.stdout + attw.stderr)
  for (const name of readdirSync(join(home, 'dist'))) {
    if (!/\.d\.c?ts$/.test(name)) continue
    const foreign = /from '(@penstock\/[^']+)'/.exec(readFileSync(join(home, 'dist', name), 'utf8'))
    if (foreign !== null) report(`dist/${name} names ${foreign[1]}, which nobody can install`)
  }
}
