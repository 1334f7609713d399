// Parameters of a query as `SET param_x` of its session. chdb's own binding keeps them in one place for the whole process: two
// queries at once, also from two threads, overwrite each other's, and the engine may abort. A session's own are apart.
// Guarantee: any text (quotes, backslashes, NUL, any Unicode) arrives as it is, and nothing in it can become SQL.

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const PLACEHOLDER = /\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*:/g

/** A value that is the engine's own text of it already, as it stands in an HTTP request. */
export interface RawParam {
  readonly rawText: string
}

/** The statement that sets all parameters, or null when there are none. */
export function setParamsStatement(params: Readonly<Record<string, unknown>>): string | null {
  const assignments = Object.entries(params).map(([name, value]) => {
    if (!NAME.test(name)) throw new Error(`not a parameter name: ${JSON.stringify(name)}`)
    return `param_${name} = ${sqlText(paramText(value))}`
  })
  return assignments.length === 0 ? null : `SET ${assignments.join(', ')}`
}

/** A session keeps its parameters: a placeholder without a value would get the one of an earlier query. */
export function assertParamsComplete(sql: string, params: Readonly<Record<string, unknown>>): void {
  for (const [, name = ''] of sql.matchAll(PLACEHOLDER)) {
    if (!Object.hasOwn(params, name)) throw new Error(`the query's parameter ${name} has no value`)
  }
}

function paramText(value: unknown): string {
  if (isRaw(value)) return value.rawText
  if (Array.isArray(value)) return `[${value.map(itemText).join(',')}]`
  if (value === null || value === undefined) return '\\N'
  if (typeof value === 'string') return escaped(value)
  return scalarText(value)
}

const isRaw = (value: unknown): value is RawParam =>
  typeof value === 'object' && value !== null && 'rawText' in value

function itemText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'string') return `'${escaped(value)}'`
  return scalarText(value)
}

function scalarText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  throw new Error(`a query parameter cannot be ${typeof value}`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}

const escaped = (text: string): string =>
  text.replace(/[\\'\0\t\n\r]/g, (character) => ESCAPES[character] ?? character)

/** A text as a literal of a statement. */
export const sqlText = (text: string): string => `'${escaped(text)}'`
