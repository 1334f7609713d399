// What the builds mangle must be nobody else's name: neither of the public interface nor of the wire.
import { readFileSync, readdirSync } from 'node:fs'
import { EventSchema, IngestResponseSchema } from '@penstock/contract/schema'
import { expect, it } from 'vitest'
import { INTERNAL_NAMES } from '../internal-names.build.js'

const REPORTS = new URL('../etc/', import.meta.url)

it('mangles no name of the public interface', () => {
  const names = readdirSync(REPORTS)
    .map((report) => readFileSync(new URL(report, REPORTS), 'utf8'))
    .flatMap((report) => [...report.matchAll(/(?:^|[{;(,.])\s*(?:readonly )?(\w+)\??[:(<]/gm)])
    .map(([, name]) => name as string)
  expect(names).toEqual(expect.arrayContaining(['flush', 'timeoutMs', 'optIn', 'remaining', 'writeKey']))
  expect(names.filter((name) => INTERNAL_NAMES.test(name))).toEqual([])
})

it('mangles no name of the wire', () => {
  const names = [EventSchema, IngestResponseSchema].flatMap((schema) =>
    [...JSON.stringify(schema).matchAll(/"(\w+)":\{/g)].map(([, name]) => name as string),
  )
  expect(names).toEqual(expect.arrayContaining(['event_id', 'context', 'rejected']))
  expect(names.filter((name) => INTERNAL_NAMES.test(name))).toEqual([])
})
