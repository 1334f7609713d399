// Looks into every package as npm would publish it: what must be in it is, what must not be is not, and every file that one of its
// modules imports comes along or is a listed dependency.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { ROOT, publishedPackages, runNpm } from './set-up.mjs'

const ALLOWED = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/[^.][^/]*\.(c?js|d\.c?ts))$/
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/
const directory = mkdtempSync(join(tmpdir(), 'penstock-packed-'))
const problems = []
try {
  for (const published of publishedPackages()) check(published)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

function check({ name, directory: source, manifest }) {
  const report = (text) => problems.push(`${name}: ${text}`)
  const home = join(directory, name.replace('/', '-'))
  if (!unpack(source, home, report)) return
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  for (const file of ['README.md', 'LICENSE']) if (!files.includes(file)) report(`${file} is missing`)
  for (const file of files) if (!ALLOWED.test(file)) report(`${file} does not belong in a package`)
  for (const target of targets([
    manifest.exports,
    manifest.bin,
    manifest.main,
    manifest.module,
    manifest.types,
  ]))
    if (!existsSync(join(home, target))) report(`package.json names ${target}, which is not in the package`)
  checkDependencies(manifest, report)
  for (const file of files) if (/\.(c?js|c?ts)$/.test(file)) checkFile({ home, file, manifest, report })
}

function unpack(source, home, report) {
  const to = mkdtempSync(join(directory, 'pack-'))
  if (runNpm(['pack', '--silent', '--pack-destination', to], { cwd: source }) !== 0) {
    report('npm pack failed')
    return false
  }
  const [tarball] = readdirSync(to)
  spawnSync('tar', ['-xzf', join(to, tarball), '-C', to])
  spawnSync('mv', [join(to, 'package'), home])
  return true
}

/** Versions are exact, so that what was tested is what is installed; peers may be ranges. */
function checkDependencies(manifest, report) {
  for (const [dependency, version] of Object.entries(manifest.dependencies ?? {})) {
    if (!EXACT.test(version)) report(`the dependency ${dependency}@${version} is not pinned`)
  }
  const installed = {
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  }
  const published = new Set(publishedPackages().map(({ name }) => name))
  for (const dependency of Object.keys(installed)) {
    if (dependency.startsWith('@penstock/') && !published.has(dependency))
      report(`${dependency} is private and cannot be installed`)
  }
}

function checkFile({ home, file, manifest, report }) {
  const text = readFileSync(join(home, file), 'utf8')
  if (text.includes(ROOT)) report(`${file} holds a path of this machine`)
  if (/sourceMappingURL=data:/.test(text)) report(`${file} holds a source map`)
  const listed = { ...manifest.dependencies, ...manifest.peerDependencies }
  for (const specifier of imports(text)) {
    if (specifier.startsWith('.')) {
      const target = join(home, dirname(file), specifier)
      const known = [target, target.replace(/js$/, 'd.ts'), target.replace(/\.cjs$/, '.d.cts')]
      if (!known.some((path) => existsSync(path)))
        report(`${file} imports ${specifier}, which is not in the package`)
      continue
    }
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
    const optional = file.endsWith('ts') ? [`@types/${name}`] : []
    const own = name === manifest.name || name.startsWith('node:') || builtinModules.includes(name)
    if (!own && ![name, ...optional].some((one) => one in listed))
      report(`${file} imports ${name}, which package.json does not list`)
  }
}

function imports(text) {
  const patterns = [
    /^(?:import|export)\b[^'"`;]*?\bfrom\s*["']([^"'\s]+)["']/gm,
    /^import\s*["']([^"'\s]+)["']/gm,
    /(?:^|[^.\w])(?:import|require)\(["']([^"'\s]+)["']\)/gm,
  ]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, specifier]) => specifier))
}

function targets(value) {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targets) : []
}
