// Checks the `penstock` package the way a user gets it: packs it, looks at what is inside, unpacks it elsewhere and runs it.
// The bundle may import only what its package.json lists, and none of our private packages.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, runNpm } from './set-up.mjs'

const directory = mkdtempSync(join(tmpdir(), 'penstock-package-'))
const problems = []
try {
  const source = join(ROOT, 'packages/cli')
  if (runNpm(['pack', '--silent', '--pack-destination', directory], { cwd: source }) !== 0)
    problems.push('npm pack failed')
  else check(directory)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

function check(directory) {
  const [tarball] = readdirSync(directory)
  spawnSync('tar', ['-xzf', join(directory, tarball), '-C', directory])
  const home = join(directory, 'package')
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const listed = new Set(Object.keys(manifest.dependencies))
  const used = new Set()
  for (const name of readdirSync(join(home, 'dist'))) {
    if (!/\.c?js$/.test(name)) continue
    for (const dependency of importsOf(readFileSync(join(home, 'dist', name), 'utf8'))) used.add(dependency)
  }
  for (const name of used)
    if (!listed.has(name)) problems.push(`the bundle imports ${name}, which package.json does not list`)
  for (const name of listed)
    if (!used.has(name)) problems.push(`package.json lists ${name}, which the bundle does not import`)
  const start = readFileSync(join(home, manifest.bin.penstock), 'utf8')
  if (!start.startsWith('#!/usr/bin/env node\n')) problems.push(`${manifest.bin.penstock} has no #! line`)
  runUnpacked(home, manifest)
}

/** With the dependencies of this tree beside it, as npm would lay them. */
function runUnpacked(home, manifest) {
  mkdirSync(join(home, 'node_modules'))
  for (const name of Object.keys(manifest.dependencies)) {
    if (name.includes('/')) mkdirSync(join(home, 'node_modules', name.split('/')[0]), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(home, 'node_modules', name))
  }
  for (const args of [['--version'], ['--help'], ['dev', '--print-config']]) {
    const { status, stderr } = spawnSync(process.execPath, [join(home, manifest.bin.penstock), ...args], {
      cwd: home,
    })
    if (status !== 0)
      problems.push(`penstock ${args.join(' ')} of the package ends with ${status}: ${stderr}`)
  }
}

function importsOf(code) {
  const names = []
  for (const [, name] of code.matchAll(/(?:^import|^export)[^'"`;]*?from ["']([^"'.][^"']*)["']/gm))
    names.push(name)
  for (const [, name] of code.matchAll(/^import ["']([^"'.][^"']*)["']/gm)) names.push(name)
  for (const [, name] of code.matchAll(/(?:^|[^.\w])(?:import|require)\(["']([^"'.][^"']*)["']\)/gm))
    names.push(name)
  return names
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
}
