import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../../src/config/variables.ts'
import { SECRETS, variableOf } from '../../src/init/secret-list.ts'
import { listFiles, readCompose, readFile, ROOT } from './files.ts'

const pages = listFiles('docs/operations').map((name) => `docs/operations/${name}`)
const known = new Set([
  ...Object.keys(VARIABLES).flatMap((name) => [name, `${name}_FILE`]),
  ...SECRETS.map(({ name }) => variableOf(name)),
  'PENSTOCK_IMAGE', // of the compose file alone
])

describe('variables', () => {
  it.each([...pages, 'docker-compose.yml', 'Dockerfile'])('that %s names exist', (page) => {
    for (const name of readFile(page).match(/\bPENSTOCK_[A-Z][A-Z_]*\b/g) ?? [])
      expect(known, name).toContain(name)
  })

  it('of secrets are passed to init, every one', () => {
    const passed = Object.keys(readCompose().services['init']!.environment!)
    expect(passed.sort()).toEqual(SECRETS.map(({ name }) => variableOf(name)).sort())
  })
})

describe('links', () => {
  it.each(pages)('of %s lead somewhere', (page) => {
    for (const [, target] of readFile(page).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      const path = normalize(join(dirname(page), target!))
      expect(existsSync(join(ROOT, path)), path).toBe(true)
    }
  })
})

describe('docs/operations/sizing.md', () => {
  it('shows what its command prints', async () => {
    const source = new URL('../../../../scripts/sizing.mjs', import.meta.url).href
    const { sizing } = (await import(source)) as { sizing: () => [string, string][] }
    const shown = readFile('docs/operations/sizing.md').split(/<!-- sizing:(?:start|end) -->/)[1] ?? ''
    for (const [what, needs] of sizing()) {
      const row = shown.split('\n').find((line) => line.startsWith(`| ${what} `))
      expect(row?.split('|')[2]?.trim(), what).toBe(needs)
    }
  })
})
