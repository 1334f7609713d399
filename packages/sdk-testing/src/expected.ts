// Compares a received value with what a test expects of it, and says where they differ. Objects may have more than is expected,
// arrays may not. Knows nothing of events.

/** What a test may write in place of a value. */
export type Rule<Value> =
  /** Returns true when the value will do. */
  | ((value: Value) => boolean)
  /** `expect.any(Number)` and its like, of Jest, Vitest and others. */
  | { asymmetricMatch(value: unknown): boolean }

/** A value, or a rule for it; of an object any part; of an array all of it. */
export type Expected<Value> = Value extends readonly (infer Item)[]
  ? readonly Expected<Item>[] | Rule<Value>
  : Value extends object
    ? { readonly [Key in keyof Value]?: Expected<Value[Key]> } | Rule<Value>
    : Value | Rule<Value>

/** One sentence per place that is not as expected; none when all is well. */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (typeof expected === 'function') {
    const rule = expected as (value: unknown) => unknown
    return rule(actual) === true ? [] : [`${path} is ${show(actual)}, which its rule refuses`]
  }
  if (isMatcher(expected)) {
    if (expected.asymmetricMatch(actual)) return []
    return [`${path} is ${show(actual)}, which ${named(expected)} refuses`]
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length)
      return [`${path} has ${actual.length} elements, expected ${expected.length}`]
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`))
  }
  if (isPlain(expected) && isPlain(actual)) {
    return Object.keys(expected)
      .filter((key) => expected[key] !== undefined)
      .flatMap((key) => differences(expected[key], actual[key], path === '' ? key : `${path}.${key}`))
  }
  const wire = expected instanceof Date ? expected.toISOString() : expected
  return Object.is(wire, actual) ? [] : [`${path} is ${show(actual)}, expected ${show(wire)}`]
}

/** A value as text for a person: short, never throws. */
export function show(value: unknown): string {
  const text =
    value === undefined
      ? 'absent'
      : JSON.stringify(value, (_key, inner: unknown) =>
          typeof inner === 'function' ? '(rule)' : isMatcher(inner) ? named(inner) : inner,
        )
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

interface Matcher {
  asymmetricMatch(value: unknown): boolean
}

/** As the test library names it, `Any<Number>` for instance. */
function named(matcher: Matcher): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- such matchers have a toString of their own
  return String(matcher)
}

function isMatcher(value: unknown): value is Matcher {
  return isPlain(value) && typeof value['asymmetricMatch'] === 'function'
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
