import { describe, expect, it } from 'vitest'
import { sessionStatements } from './session-settings.ts'

describe('sessionStatements', () => {
  it('sets readonly after everything else', () => {
    const [statement] = sessionStatements({ readonly: '1', max_threads: 2, log_comment: 'x' }, false)
    expect(statement).toBe(
      "SET max_threads = '2', log_comment = 'x', max_query_size = 67108864, readonly = 1",
    )
  })

  it('makes a reading session read-only whatever is asked', () => {
    expect(sessionStatements({ readonly: '0' }, true)).toEqual([
      'SET max_query_size = 67108864, readonly = 1',
    ])
    expect(sessionStatements({}, false)).toEqual(['SET max_query_size = 67108864'])
  })

  it.each(["'", '\\', 'a b', 'a;b', '\n'])('lets no %j into a value', (text) => {
    expect(() => sessionStatements({ log_comment: text }, false)).toThrow('log_comment')
  })
})
