// Collects the values of one statement. A value enters SQL as a bound placeholder only; what the other files write into
// SQL is their own text. Every statement is about one project: `createStatement` binds it first.
import type { ColdParam } from '../../ports/cold-store.ts'

/** Types of placeholders. Times are bound as `Int64` ms or seconds: no text format can round them. */
export type ParamType =
  | 'String'
  | 'Int64'
  | 'UInt64'
  | 'Float64'
  | 'Bool'
  | 'Array(String)'
  | 'Array(Float64)'
  | 'Array(Int64)'
  | 'Array(UInt16)'

export interface Statement {
  /** Condition that every table access carries. */
  readonly ofProject: string
  /** Binds the value and returns its placeholder. */
  bind(value: ColdParam, type: ParamType): string
  readonly params: Readonly<Record<string, ColdParam>>
}

export function createStatement(projectId: string): Statement {
  const params: Record<string, ColdParam> = { project: projectId }
  let count = 0
  return {
    ofProject: 'project_id = {project:String}',
    bind(value, type) {
      const name = `v${count++}`
      params[name] = value
      return `{${name}:${type}}`
    },
    params,
  }
}
