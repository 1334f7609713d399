// `npm test`: installs and builds what is stale, runs every vitest project, and ends with the line `N passed, N failed`.
// `--full` adds the long suites (TEST_FULL=1); anything else goes to vitest as it is.
// Three runs of vitest at a time: suites with servers and processes wait for them most of the time.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT, build, buildSdks, checkNode, install, say, seconds } from './set-up.mjs'

const RUNS = [['unit', 'integration', 'browser'], ['system'], ['servers', 'distributed']]
const started = performance.now()
const full = process.argv.includes('--full')
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--full')

checkNode()
install()
build()
await buildSdks()

const directory = mkdtempSync(join(tmpdir(), 'penstock-report-'))
const projects = (names) => names.flatMap((name) => ['--project', name])
const runs = passedOn.length > 0 ? [passedOn] : RUNS.map(projects)
const results = await Promise.all(runs.map(runVitest))
rmSync(directory, { recursive: true, force: true })

const sum = (what) => results.reduce((total, result) => total + result[what], 0)
// At the end, with what went wrong: of a long log the end is what is looked at first.
for (const name of results.flatMap(({ failures }) => failures)) say(`failed: ${name}`)
if (sum('broken') > 0) say(`${sum('broken')} test files could not run`)
if (sum('skipped') > 0) say(`${sum('skipped')} skipped`)
say(`took ${seconds(started)}${full ? ', with the long suites' : ''}`)
// A run that ends badly without a failed test (an unhandled error, a crash) is a failure, too.
const failed = sum('failed') + sum('broken') || results.filter(({ code }) => code !== 0).length
process.stdout.write(`${sum('passed')} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function runVitest(args, index) {
  const report = join(directory, `${index}.json`)
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(full ? { TEST_FULL: '1' } : {}) },
    },
  )
  // By lines, so that those of the runs do not mix.
  createInterface({ input: child.stdout }).on('line', (line) => process.stdout.write(`${line}\n`))
  createInterface({ input: child.stderr }).on('line', (line) => process.stderr.write(`${line}\n`))
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, ...readCounts(report) }))
  })
}

function readCounts(report) {
  const counts = { passed: 0, failed: 0, skipped: 0, broken: 0, failures: [] }
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
    for (const file of testResults) {
      const path = file.name.slice(ROOT.length + 1)
      if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
        counts.broken += 1
        counts.failures.push(`${path}: ${file.message}`)
      }
      for (const { status, fullName, failureMessages } of file.assertionResults) {
        if (status === 'passed') counts.passed += 1
        else if (status === 'failed') {
          counts.failed += 1
          counts.failures.push(`${path}: ${fullName}: ${failureMessages[0]?.split('\n', 1)[0]}`)
        } else counts.skipped += 1
      }
    }
  } catch (error) {
    say(`vitest left no report (${error.message})`)
  }
  return counts
}
