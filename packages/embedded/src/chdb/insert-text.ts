// An insert with its rows as one statement: the engine in this process has no body beside the statement.
import { randomBytes } from 'node:crypto'

const FROM_INPUT = / FROM input\('((?:[^']|'')*)'\) /
const FORMAT_AT_END = / FORMAT (\w+)$/

/**
 * The statement with its rows in it. `INSERT … SELECT … FROM input(…) FORMAT X`, the form of a fenced insert, answers OK in
 * chdb 3.4.0 and inserts **nothing**; `format(X, structure, rows)` is the same with the rows as a literal.
 */
export function insertText(statement: string, rows: string): string {
  const input = FROM_INPUT.exec(statement)
  if (input === null) {
    if (/\binput\s*\(/i.test(statement)) throw new Error('this insert through input() would lose its rows')
    return `${statement}\n${rows}`
  }
  const format = FORMAT_AT_END.exec(statement)?.[1]
  if (format === undefined) throw new Error('an insert through input() must end with its FORMAT')
  const [matched, structure = ''] = input
  const source = ` FROM format(${format}, '${structure}', ${heredoc(rows)}) `
  const head = statement.slice(0, input.index)
  const tail = statement.slice(input.index + matched.length).replace(FORMAT_AT_END, '')
  return head + source + tail
}

// Nothing is escaped inside a heredoc, so the rows are copied once; the tag cannot be in them.
function heredoc(text: string): string {
  let tag: string
  do tag = `$r${randomBytes(8).toString('hex')}$`
  while (text.includes(tag))
  return tag + text + tag
}
