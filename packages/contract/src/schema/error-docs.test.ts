// docs/errors.md and the catalogue of codes are one list: a code without a heading sends its reader nowhere, a heading without a
// code explains what never happens.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CODES, problemType, type Code } from '../error-codes.ts'

const text = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
const sections = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => {
      const end = section.indexOf('\n')
      return [section.slice(0, end), section.slice(end)]
    }),
)

/** What the servers can say: the text of their sources without tests. */
const sources = ['gateway', 'worker']
  .map((name) => new URL(`../../../${name}/src/`, import.meta.url))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => readFileSync(new URL(path, folder), 'utf8')),
  )
  .join('\n')

describe('docs/errors.md', () => {
  it('says of every code that no server sends that it is never sent', () => {
    const unsent = Object.keys(CODES).filter((code) => !sources.includes(`'${code}'`))
    const saidSo = [...sections].filter(([, section]) => section.includes('never sends this code'))
    expect(unsent).toEqual(saidSo.map(([code]) => code))
  })

  it('has a heading per code, and no other', () => {
    expect([...sections.keys()].sort()).toEqual(Object.keys(CODES).sort())
  })

  it.each(Object.keys(CODES) as Code[])('says the title and status of %s, and what to do', (code) => {
    const section = sections.get(code) ?? ''
    const { title, scope, status } = CODES[code]
    expect(section).toContain(`**${title}.**`)
    expect(section.includes(`Status ${status}.`)).toBe(scope === 'request')
    expect(section.length).toBeGreaterThan(40)
    expect(problemType(code)).toBe(`https://penstock.dev/errors#${code}`)
  })
})
