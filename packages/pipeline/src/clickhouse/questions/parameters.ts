// Reads the parameters that several questions share. Callers are not typed at run time (a query string, a JSON body), so
// every value is checked here, and what is wrong is named.
import { LIMITS } from '@penstock/contract'
import { QuestionInvalidError } from '../../ports/questions.ts'

export function readChoice<T extends string>(
  parameter: string,
  value: unknown,
  choices: readonly T[],
  fallback: T,
): T {
  if (value === undefined || value === null) return fallback
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw new QuestionInvalidError(parameter, `must be one of ${choices.join(', ')}`)
  return found
}

export function readInteger(
  parameter: string,
  value: unknown,
  bounds: { least: number; most: number },
): number | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'number' || !Number.isInteger(value) || value < bounds.least || value > bounds.most) {
    throw new QuestionInvalidError(parameter, `must be an integer from ${bounds.least} to ${bounds.most}`)
  }
  return value
}

/** An event name as answers show it; null when none is asked for. */
export function readEventName(parameter: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  const length = typeof value === 'string' ? Array.from(value).length : 0
  if (length < 1 || length > LIMITS.maxEventNameChars) {
    throw new QuestionInvalidError(
      parameter,
      `must be an event name of 1 to ${LIMITS.maxEventNameChars} characters`,
    )
  }
  return (value as string).toWellFormed()
}
