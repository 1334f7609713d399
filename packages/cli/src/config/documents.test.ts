import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseConfig } from './parse-config.ts'
import { maskedConfig } from './print-config.ts'
import type { Variable } from './variable.ts'
import { VARIABLES, type VariableName } from './variables.ts'

const ROOT = new URL('../../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const variables = Object.entries(VARIABLES) as [VariableName, Variable][]

describe('docs/configuration.md', () => {
  const rows = read('docs/configuration.md')
    .split('\n')
    .filter((line) => line.startsWith('| `PENSTOCK_'))
    .map((line) => line.split('|').map((cell) => cell.trim()))

  it('lists every variable and no other', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(variables.map(([name]) => `\`${name}\``).sort())
  })

  it.each(variables)('says the default and the rule of %s', (name, variable) => {
    const row = rows.find(([, cell]) => cell === `\`${name}\``)
    const fallback = variable.fallback === null ? '–' : `\`${variable.fallback}\``
    expect(row?.slice(2, 4)).toEqual([fallback, variable.expected])
    expect(row?.[4]).toBe(variable.about)
  })
})

describe('.env.example', () => {
  const lines = read('.env.example').split('\n')

  it('names every variable that is not for tests, with its default', () => {
    const named = lines.filter((line) => /^#?PENSTOCK_/.test(line)).map((line) => line.replace(/^#/, ''))
    const wanted = variables
      .filter(([name, { test }]) => test !== true && name !== 'PENSTOCK_TEST')
      .map(([name, { fallback }]) => `${name}=${fallback ?? ''}`)
    expect(named).toEqual(wanted)
  })

  it('changes nothing when it is used as it is', () => {
    const environment = Object.fromEntries(
      lines.filter((line) => line.startsWith('PENSTOCK_')).map((line) => line.split('=') as [string, string]),
    )
    expect(parseConfig(environment)).toEqual(parseConfig({}))
  })
})

describe('maskedConfig', () => {
  it('shows no key', () => {
    const { config } = parseConfig({ PENSTOCK_ADMIN_KEY: 'ak_0123456789' })
    const text = JSON.stringify(maskedConfig(config!))
    expect(text).not.toContain('0123456789')
    expect(text).toContain('"adminKey":"ak_0…"')
  })
})
