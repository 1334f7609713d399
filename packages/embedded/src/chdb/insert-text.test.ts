import { describe, expect, it } from 'vitest'
import { insertText } from './insert-text.ts'

describe('insertText', () => {
  it('puts the rows behind a plain insert', () => {
    expect(insertText('INSERT INTO t (a) FORMAT TabSeparated', '1\n')).toBe(
      'INSERT INTO t (a) FORMAT TabSeparated\n1\n',
    )
  })

  it('reads through format() what would be lost through input()', () => {
    const statement =
      "INSERT INTO t (a) SELECT a FROM input('a DateTime64(3, ''UTC'')') WHERE 1 FORMAT TabSeparated"
    const text = insertText(statement, "x'$$\\n\n")
    const tag = /\$r[0-9a-f]+\$/.exec(text)?.[0] ?? 'none'
    expect(text).toBe(
      `INSERT INTO t (a) SELECT a FROM format(TabSeparated, 'a DateTime64(3, ''UTC'')', ${tag}x'$$\\n\n${tag}) WHERE 1`,
    )
  })

  it('refuses every other use of input()', () => {
    for (const source of ["input('a')", "INPUT('a UInt8')", "input( 'a UInt8' )"]) {
      expect(() => insertText(`INSERT INTO t SELECT * FROM ${source}`, '1')).toThrow()
    }
  })
})
