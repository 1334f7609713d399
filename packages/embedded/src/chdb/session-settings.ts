// Settings of a query as statements that prepare a session for it.
import type { QuerySettings } from './chdb-connection.ts'

const NAME = /^[a-z][a-z0-9_]*$/
// A value in quotes is not safe from backslashes in every place of the engine: nothing that could need escaping is let in.
const VALUE = /^[A-Za-z0-9_.:/-]*$/
const MAX_QUERY_BYTES = 64 * 1024 * 1024

/** One SET with everything; `readonly` comes last, because nothing can be set after it. */
export function sessionStatements(settings: QuerySettings, readonly: boolean): string[] {
  const assignments = Object.entries(settings)
    .filter(([name, value]) => value !== undefined && name !== 'readonly')
    .map(([name, value]) => {
      const text = typeof value === 'boolean' ? Number(value).toFixed(0) : String(value)
      if (!NAME.test(name) || !VALUE.test(text)) throw new Error(`setting ${name} cannot be used`)
      return `${name} = '${text}'`
    })
  // Rows in a literal (insert-text.ts) count as text of the query.
  assignments.push(`max_query_size = ${MAX_QUERY_BYTES}`)
  if (readonly || (settings.readonly ?? '0') !== '0') assignments.push('readonly = 1')
  return [`SET ${assignments.join(', ')}`]
}
