// Which column becomes which field of the event. Read from the command line once, applied to every row.
import { EVENT_FIELDS, type JsonValue } from '@penstock/contract'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

const OBJECT_FIELDS = ['properties', 'traits', 'context']

export interface MappedColumn {
  column: string
  /** `['user_id']` or `['properties', 'platform']`. */
  path: readonly [string] | readonly [string, string]
  number: boolean
}

export interface Mapping {
  columns: readonly MappedColumn[]
  defaultType: string
}

/** Throws `CommandError` (64) for a field that the contract does not have. */
export function readMapping(flags: {
  map?: string[]
  property?: string[]
  number?: string[]
  type: string
}): Mapping {
  const numbers = new Set(flags.number)
  const column = (name: string, path: MappedColumn['path']): MappedColumn => ({
    column: name,
    path,
    number: numbers.has(name),
  })
  const mapped = (flags.map ?? []).map((text) => {
    const [field, name] = splitOnce(text, '=')
    if (name === undefined || name === '')
      throw usage(`--map ${text} has no column; it looks like user_id=customer`)
    return column(name, fieldPath(field))
  })
  const properties = (flags.property ?? []).map((text) => {
    const [property, name = property] = splitOnce(text, '=')
    return column(name, ['properties', property])
  })
  return { columns: [...mapped, ...properties], defaultType: flags.type }
}

/** Adds the columns that are named like a field and that nothing was said about. */
export function withColumnsOfFile(mapping: Mapping, present: readonly string[]): Mapping {
  const spoken = new Set(mapping.columns.map(({ path }) => path[0]))
  const missing = mapping.columns
    .filter(({ column }) => !present.includes(column))
    .map(({ column }) => column)
  if (missing.length > 0) {
    throw usage(`the file has no column ${missing.join(', ')}; it has ${present.join(', ')}`)
  }
  const plain = present.filter(
    (name) =>
      EVENT_FIELDS.some((field) => field === name) && !spoken.has(name) && !OBJECT_FIELDS.includes(name),
  )
  return {
    ...mapping,
    columns: [
      ...mapping.columns,
      ...plain.map((name) => ({ column: name, path: [name] as const, number: name === 'seq' })),
    ],
  }
}

/** The event's fields of one row. Missing and empty values are left out. */
export function mapRow(row: Readonly<Record<string, unknown>>, mapping: Mapping): Record<string, JsonValue> {
  const event: Record<string, JsonValue> = {}
  for (const { column, path, number } of mapping.columns) {
    const value = row[column]
    if (value === undefined || value === null || value === '') continue
    const [field, key] = path
    const typed = number && typeof value === 'string' ? toNumber(value) : (value as JsonValue)
    if (key === undefined) event[field] = typed
    else {
      const object = (event[field] ??= {}) as Record<string, JsonValue>
      Object.defineProperty(object, key, {
        value: typed,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
  }
  event['type'] ??= mapping.defaultType
  return event
}

// A text that is no number stays a text: the line is not lost for it.
function toNumber(text: string): JsonValue {
  const number = Number(text)
  return Number.isFinite(number) && text.trim() !== '' ? number : text
}

function fieldPath(field: string): MappedColumn['path'] {
  const [head, key] = splitOnce(field, '.')
  if (key !== undefined && key !== '' && OBJECT_FIELDS.includes(head)) return [head, key]
  if (key === undefined && EVENT_FIELDS.some((known) => known === head) && !OBJECT_FIELDS.includes(head))
    return [head]
  const fields = EVENT_FIELDS.filter((known) => !OBJECT_FIELDS.includes(known)).join(', ')
  throw usage(
    `--map: an event has no field ${field}; fields are ${fields}, properties.NAME, traits.NAME and context.NAME`,
  )
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}

const usage = (message: string): CommandError => new CommandError(EXIT.usage, message)
