// The SQL of filters: one condition on a row of the events table. Comparison is by JSON type. Traits belong to the actor,
// so their condition asks for the actor's user among those whose traits pass.
import { EVENT_ORDER, holdingLinks } from './actors.ts'
import type { ResolvedFilter, Scalar, Test, TextColumn } from './filters.ts'
import { readableJson } from './json-text.ts'
import type { ParamType, Statement } from './statement.ts'

const COMPARE = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
const NUMERIC = `IN ('Int64', 'UInt64', 'Double')`

/** `1` when there are no filters. */
export function filterCondition(statement: Statement, filters: readonly ResolvedFilter[]): string {
  if (filters.length === 0) return '1'
  return filters
    .map((filter) => {
      const condition = subjectCondition(statement, filter)
      return filter.negated ? `NOT (${condition})` : `(${condition})`
    })
    .join(' AND ')
}

function subjectCondition(statement: Statement, { subject, test }: ResolvedFilter): string {
  switch (subject.kind) {
    case 'column':
      return columnTest(statement, subject.column, test)
    case 'json':
      return jsonTest(statement, { json: readableJson(subject.column), path: subject.path }, test)
    case 'trait':
      return traitTest(statement, subject.path, test)
  }
}

/** Where an empty text can be sent, a missing one is NULL; elsewhere it is ''. */
const NULLABLE: ReadonlySet<TextColumn> = new Set<TextColumn>(['page_name', 'session_id'])

function columnTest(statement: Statement, column: TextColumn, test: Test): string {
  const present = NULLABLE.has(column) ? `${column} IS NOT NULL` : `${column} != ''`
  const text = textTest(statement, column, test)
  return text === null ? present : `${present} AND ${text}`
}

interface JsonValueAt {
  json: string
  path: readonly string[]
}

/** A missing key and a null both have the type `Null`. */
function jsonTest(statement: Statement, at: JsonValueAt, test: Test): string {
  const keys = at.path.map((key) => statement.bind(key, 'String')).join(', ')
  const type = `JSONType(${at.json}, ${keys})`
  if (test.op === 'exists') return `${type} != 'Null'`
  const either = [
    `${type} = 'String' AND ${textTest(statement, `JSONExtractString(${at.json}, ${keys})`, test) ?? '1'}`,
    `${type} ${NUMERIC} AND ${numberTest(statement, `JSONExtractFloat(${at.json}, ${keys})`, test)}`,
    `${type} = 'Bool' AND ${booleanTest(statement, `JSONExtractBool(${at.json}, ${keys})`, test)}`,
  ].filter((condition) => !condition.endsWith(' AND 0'))
  return either.length === 0 ? '0' : either.map((condition) => `(${condition})`).join(' OR ')
}

/** Null when being present is enough. Texts compare by code point, which is the order of their UTF-8 bytes. */
function textTest(statement: Statement, text: string, test: Test): string | null {
  switch (test.op) {
    case 'exists':
      return null
    case 'in':
      return valuesTest(statement, text, { values: test.values, of: 'string', type: 'Array(String)' })
    case 'contains':
      return `position(${text}, ${statement.bind(test.text, 'String')}) > 0`
    case 'starts_with':
      return `startsWith(${text}, ${statement.bind(test.text, 'String')})`
    default:
      return typeof test.bound === 'string'
        ? `${text} ${COMPARE[test.op]} ${statement.bind(test.bound, 'String')}`
        : '0'
  }
}

function numberTest(statement: Statement, number: string, test: Test): string {
  if (test.op === 'in') {
    return valuesTest(statement, number, { values: test.values, of: 'number', type: 'Array(Float64)' })
  }
  return 'bound' in test && typeof test.bound === 'number'
    ? `${number} ${COMPARE[test.op]} ${statement.bind(test.bound, 'Float64')}`
    : '0'
}

function booleanTest(statement: Statement, flag: string, test: Test): string {
  const values = test.op === 'in' ? new Set(test.values.filter((value) => typeof value === 'boolean')) : null
  if (values === null || values.size === 0) return '0'
  return values.size === 2 ? '1' : `${flag} = ${statement.bind(values.has(true) ? 1 : 0, 'UInt64')}`
}

function valuesTest(
  statement: Statement,
  subject: string,
  set: { values: readonly Scalar[]; of: 'string' | 'number'; type: ParamType },
): string {
  const values = set.values.filter((value) => typeof value === set.of) as (string | number)[]
  return values.length === 0 ? '0' : `has(${statement.bind(values, set.type)}, ${subject})`
}

/** Of each user: for the first key of the path, the identify with the greatest (event time, event id) that has it. */
function traitTest(statement: Statement, path: readonly string[], test: Test): string {
  const key = statement.bind(path[0] as string, 'String')
  const users = `SELECT user_hash FROM (
      SELECT user_hash, argMax(all_traits, ${EVENT_ORDER}) AS held_traits
      FROM (SELECT user_hash, event_time, event_id, ${readableJson('traits')} AS all_traits
            FROM events_v1 WHERE ${statement.ofProject} AND type = 'identify')
      WHERE JSONHas(all_traits, ${key}) GROUP BY user_hash)
    WHERE ${jsonTest(statement, { json: 'held_traits', path }, test)}`
  return `if(user_hash != 0, user_hash IN (${users}), anonymous_hash IN (
      SELECT anonymous_hash FROM (${holdingLinks(statement)}) WHERE linked_user_hash IN (${users})))`
}
