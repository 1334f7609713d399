import { expect, it } from 'vitest'
import { createWarner } from './platform.ts'

it('says each warning once, whatever the detail, and takes none from another', () => {
  const said: unknown[][] = []
  const { warn } = createWarner({ warn: (...words) => void said.push(words) })
  for (let at = 0; at < 80; at++) warn('event_too_large', `id ${at}`)
  warn('queue_full')
  warn('queue_full')
  expect(said).toEqual([
    ['[penstock]', 'event_too_large', 'id 0'],
    ['[penstock]', 'queue_full', ''],
  ])
})
