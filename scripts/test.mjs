// `npm test`: installs and builds what is stale, runs every vitest project, and ends with the line `N passed, N failed`.
// `--full` adds the long suites (TEST_FULL=1); anything else goes to vitest as it is.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, build, buildSdks, checkNode, install, say, seconds } from './set-up.mjs'

const started = performance.now()
const full = process.argv.includes('--full')
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--full')

checkNode()
install()
build()
await buildSdks()

const directory = mkdtempSync(join(tmpdir(), 'penstock-report-'))
const report = join(directory, 'report.json')
const vitest = spawnSync(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...passedOn,
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...(full ? { TEST_FULL: '1' } : {}) } },
)
const counts = readCounts()
rmSync(directory, { recursive: true, force: true })

for (const name of counts.failures) say(`failed: ${name}`)
if (counts.broken > 0) say(`${counts.broken} test files could not run`)
if (counts.skipped > 0) say(`${counts.skipped} skipped`)
say(`took ${seconds(started)}${full ? ', with the long suites' : ''}`)
// A run that ends badly without a failed test (an unhandled error, a crash) is a failure, too.
const failed = counts.failed + counts.broken || (vitest.status === 0 ? 0 : 1)
process.stdout.write(`${counts.passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function readCounts() {
  const counts = { passed: 0, failed: 0, skipped: 0, broken: 0, failures: [] }
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
    for (const file of testResults) {
      if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
        counts.broken += 1
        counts.failures.push(file.name)
      }
      for (const { status, fullName } of file.assertionResults) {
        if (status === 'passed') counts.passed += 1
        else if (status === 'failed') {
          counts.failed += 1
          counts.failures.push(`${file.name.slice(ROOT.length + 1)}: ${fullName}`)
        } else counts.skipped += 1
      }
    }
  } catch (error) {
    say(`vitest left no report (${error.message})`)
  }
  return counts
}
