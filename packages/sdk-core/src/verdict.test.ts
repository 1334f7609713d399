import { expect, it } from 'vitest'
import type { Answer } from './platform.ts'
import { judge } from './verdict.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const HOUR_MS = 3_600_000

it.each([
  ['seconds', '7', 7_000],
  ['seconds with space around', ' 7 ', 7_000],
  ['a date', 'Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ['a date that is over', 'Thu, 01 Jan 2026 11:59:00 GMT', 0],
  ['more than an hour', '7200', HOUR_MS],
  ['a date far away', 'Fri, 02 Jan 2026 12:00:00 GMT', HOUR_MS],
  ['a negative number of seconds', '-5', 0],
  ['nothing readable', 'soon', 0],
  ['nothing', '', 0],
  ['no header', null, 0],
])('waits for %s', (_, retryAfter, afterMs) => {
  expect(judge({ status: 429, retryAfter }, NOW)).toMatchObject({ kind: 'retry', afterMs })
})

it.each([
  [0, 'retry'],
  [408, 'retry'],
  [429, 'retry'],
  [500, 'retry'],
  [502, 'retry'],
  [503, 'retry'],
  [501, 'refused'],
  [505, 'refused'],
  [400, 'refused'],
  [404, 'refused'],
  [413, 'split'],
  [401, 'key'],
  [403, 'key'],
  [202, 'accepted'],
])('takes %i for %s', (status, kind) => {
  expect(judge({ status }, NOW).kind).toBe(kind)
})

it('takes a 200 without an account of the events for some other server', () => {
  expect(judge({ status: 200, body: '<html>' }, NOW).kind).toBe('retry')
  expect(judge({ status: 200, body: '{"accepted":1}' }, NOW)).toMatchObject({
    kind: 'accepted',
    rejected: [],
  })
})

it('reads refusals out of what may be no list', () => {
  const refusal = { index: 1, event_id: 'e', code: 'id_illegal' }
  const answer = (rejected: unknown) => judge({ status: 202, body: JSON.stringify({ rejected }) }, NOW)
  expect(answer([null, refusal])).toMatchObject({ kind: 'accepted', rejected: [refusal] })
  expect(answer('all')).toMatchObject({ kind: 'accepted', rejected: [] })
})

it('names what went wrong', () => {
  const code = (answer: Answer) => judge(answer, NOW).code
  expect(code({ status: 401, body: '{"code":"key_unknown"}' })).toBe('key_unknown')
  expect(code({ status: 502, body: 'Bad Gateway' })).toBe('http_502')
  expect(code({ status: 0, body: 'null' })).toBe('network')
})

it('pauses for 5 minutes when the key is refused', () => {
  expect(judge({ status: 401 }, NOW).afterMs).toBe(300_000)
})
