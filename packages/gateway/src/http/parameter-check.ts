// Checks paths, queries and JSON bodies by their TypeBox schemas. A query's numbers arrive as text and are read only when they
// are written plainly; nothing else is coerced, nothing unknown is dropped: what is wrong is 400 naming the parameter.
import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import type { FastifySchemaCompiler } from 'fastify'
import { ProblemError, parameterInvalid } from './problem.ts'

/** For `app.setValidatorCompiler`. */
export const parameterCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = createCheck(schema)
  const integers = integerNames(schema)
  return (value: unknown) => {
    try {
      return { value: check(httpPart === 'querystring' ? readIntegers(value, integers) : value) }
    } catch (error) {
      return { error: error as Error }
    }
  }
}

/** Returns the value when the schema holds. @throws ProblemError 400 `parameter_invalid` with `parameter` */
export function createCheck(schema: TSchema): (value: unknown) => unknown {
  const compiled = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return value
    const [error] = compiled.Errors(value)
    const { parameter, message } = fault(error as Fault | undefined)
    throw parameterInvalid(parameter, `${parameter === '' ? 'The body' : parameter} ${message}.`)
  }
}

/** The body of an admin request: JSON, or nothing at all for `{}`. Checked afterwards. */
export function readJsonBody(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.length === 0) return {}
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new ProblemError('body_not_utf8', 'Send the body as UTF-8.')
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new ProblemError('body_not_json', 'Send the body as JSON.')
  }
}

interface Fault {
  keyword: string
  instancePath: string
  message: string
  params: { requiredProperties?: string[]; additionalProperties?: string[]; allowedValues?: unknown[] }
}

function fault(error: Fault | undefined): { parameter: string; message: string } {
  if (error === undefined) return { parameter: '', message: 'is not valid' }
  const parameter = (error.instancePath.split('/')[1] ?? '')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
    .slice(0, 64)
  const { requiredProperties, allowedValues } = error.params
  if (requiredProperties !== undefined && parameter === '') {
    return { parameter: requiredProperties[0] ?? '', message: 'is required' }
  }
  if (error.keyword === 'boolean') return { parameter, message: 'is no parameter of this request' }
  if (allowedValues !== undefined) return { parameter, message: `must be one of ${allowedValues.join(', ')}` }
  return { parameter, message: error.message }
}

function integerNames(schema: TSchema): string[] {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {}
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
}

function readIntegers(value: unknown, names: readonly string[]): unknown {
  if (names.length === 0) return value
  const query = { ...(value as Record<string, unknown>) }
  for (const name of names) {
    const text = query[name]
    if (typeof text === 'string' && /^-?\d{1,15}$/.test(text)) query[name] = Number(text)
  }
  return query
}
