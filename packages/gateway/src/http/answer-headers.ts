// What an answer says of itself in headers, because its body has no place for it. Browsers may read all of them.
import { formatTimestamp } from '@penstock/pipeline'

/** Everything accepted before this moment is in the answer. */
export const AS_OF_HEADER = 'Penstock-As-Of'
/** The range of an export as understood: from this instant on, … */
export const FROM_HEADER = 'Penstock-From'
/** … and before this one. */
export const TO_HEADER = 'Penstock-To'

const DESCRIPTIONS = {
  [AS_OF_HEADER]: 'Everything accepted before this is in the answer.',
  [FROM_HEADER]: 'First instant of the range as understood, defaults filled.',
  [TO_HEADER]: 'End of the range as understood, exclusive.',
}
export type AnswerHeader = keyof typeof DESCRIPTIONS

/** By name, as sent. Unit: milliseconds since 1970. */
export const timeHeaders = (times: Partial<Record<AnswerHeader, number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, formatTimestamp(ms)]))

/** By name, as OpenAPI describes them. */
export const documentedHeaders = (names: readonly AnswerHeader[]): Record<string, object> =>
  Object.fromEntries(
    names.map((name) => [name, { type: 'string', format: 'date-time', description: DESCRIPTIONS[name] }]),
  )
