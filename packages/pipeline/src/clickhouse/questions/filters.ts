// Reads and checks the filters of a question. What they mean is docs/api.md §3; their SQL is in filter-sql.ts.
// Every negative operator is the exact opposite of a positive one (`neq` of `eq`, …), also for missing properties, so that
// only the positive ones need a meaning.
import { LIMITS } from '@penstock/contract'
import {
  FILTER_OPERATORS,
  QuestionInvalidError,
  type Filter,
  type FilterOperator,
} from '../../ports/questions.ts'

export type Scalar = string | number | boolean
export type TextColumn = 'name' | 'page_name' | 'type' | 'user_id' | 'anonymous_id' | 'session_id'

/** Where the compared value stands. `path` has at least one key. */
export type Subject =
  | { kind: 'column'; column: TextColumn }
  | { kind: 'json'; column: 'properties' | 'context'; path: string[] }
  | { kind: 'trait'; path: string[] }

/** A positive test. Missing values (and JSON nulls) never pass. */
export type Test =
  | { op: 'exists' }
  | { op: 'in'; values: Scalar[] }
  | { op: 'contains' | 'starts_with'; text: string }
  | { op: 'gt' | 'gte' | 'lt' | 'lte'; bound: string | number }

export interface ResolvedFilter {
  subject: Subject
  negated: boolean
  test: Test
}

export const MAX_FILTERS = 50
const MAX_VALUES = 1_000

const COLUMNS = new Map<string, TextColumn>([
  ['event', 'name'],
  ['name', 'page_name'],
  ['type', 'type'],
  ['user_id', 'user_id'],
  ['anonymous_id', 'anonymous_id'],
  ['session_id', 'session_id'],
])

export function readFilters(filters: unknown): ResolvedFilter[] {
  if (filters === undefined || filters === null) return []
  if (!Array.isArray(filters)) throw invalid('must be a list of { property, op, value }')
  if (filters.length > MAX_FILTERS) throw invalid(`must be at most ${MAX_FILTERS} filters`)
  return filters.map((filter: unknown, index) => {
    if (filter === null || typeof filter !== 'object' || Array.isArray(filter)) {
      throw invalid(`[${index}] must be an object { property, op, value }`)
    }
    return readFilter(filter as Filter, index)
  })
}

function readFilter(filter: Filter, index: number): ResolvedFilter {
  const unknown = Object.keys(filter).find((key) => !['property', 'op', 'value'].includes(key))
  if (unknown !== undefined) throw invalid(`[${index}] has an unknown field; known are property, op, value`)
  const subject = typeof filter.property === 'string' ? readSubject(filter.property) : null
  if (subject === null) {
    throw invalid(
      `[${index}].property must be event, name, type, user_id, anonymous_id, session_id, ` +
        'properties.KEY, context.KEY or user.traits.KEY; deeper keys follow after dots',
    )
  }
  if (!FILTER_OPERATORS.includes(filter.op)) {
    throw invalid(`[${index}].op must be one of ${FILTER_OPERATORS.join(', ')}`)
  }
  return { subject, ...readTest(filter.op, filter.value, index) }
}

function readSubject(property: string): Subject | null {
  const column = COLUMNS.get(property)
  if (column !== undefined) return { kind: 'column', column }
  const keys = property.toWellFormed().split('.')
  if (keys.some((key) => key === '') || keys.length > LIMITS.maxDepth) return null
  const [first, second, ...rest] = keys
  if (first === 'properties' || first === 'context') {
    return second === undefined ? null : { kind: 'json', column: first, path: [second, ...rest] }
  }
  const isTrait = first === 'user' && second === 'traits' && rest.length > 0
  return isTrait ? { kind: 'trait', path: rest } : null
}

function readTest(op: FilterOperator, value: unknown, index: number): { negated: boolean; test: Test } {
  switch (op) {
    case 'exists':
    case 'not_exists':
      if (value !== undefined && value !== null) throw invalid(`[${index}].value must be absent for ${op}`)
      return { negated: op === 'not_exists', test: { op: 'exists' } }
    case 'eq':
    case 'neq':
      return { negated: op === 'neq', test: { op: 'in', values: [readScalar(value, index)] } }
    case 'in':
    case 'not_in': {
      if (!Array.isArray(value) || value.length > MAX_VALUES) {
        throw invalid(`[${index}].value must be a list of at most ${MAX_VALUES} values for ${op}`)
      }
      const values = value.map((item) => readScalar(item, index))
      return { negated: op === 'not_in', test: { op: 'in', values } }
    }
    case 'contains':
    case 'not_contains':
      return { negated: op === 'not_contains', test: { op: 'contains', text: readText(op, value, index) } }
    case 'starts_with':
      return { negated: false, test: { op, text: readText(op, value, index) } }
    default:
      if (typeof value !== 'string' && !isFiniteNumber(value)) {
        throw invalid(`[${index}].value must be a number or a text for ${op}`)
      }
      return { negated: false, test: { op, bound: typeof value === 'string' ? value.toWellFormed() : value } }
  }
}

function readScalar(value: unknown, index: number): Scalar {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'boolean' || isFiniteNumber(value)) return value
  throw invalid(`[${index}].value must hold texts, numbers or booleans; for missing values ask not_exists`)
}

function readText(op: FilterOperator, value: unknown, index: number): string {
  if (typeof value !== 'string') throw invalid(`[${index}].value must be a text for ${op}`)
  return value.toWellFormed()
}

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)

const invalid = (message: string): QuestionInvalidError => new QuestionInvalidError('filters', message)
