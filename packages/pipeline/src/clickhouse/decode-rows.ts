// Answers as objects. The formats used carry the types, so 64-bit integers (texts in the answer, or JSON would round them) become
// numbers where a number can hold them, and stay texts where it cannot.

/** What to do with the values of one column. */
type Decode = (value: unknown) => unknown

/** A decoder for rows that are arrays of the columns' values. */
export function rowDecoder(names: readonly string[], types: readonly string[]): (row: unknown[]) => object {
  const decoders = types.map(decoderOf)
  return (row) => {
    const out: Record<string, unknown> = {}
    for (const [index, name] of names.entries()) {
      const decode = decoders[index]
      out[name] = decode === undefined ? row[index] : decode(row[index])
    }
    return out
  }
}

function decoderOf(type: string): Decode | undefined {
  const wrapped = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(type)?.[1]
  if (wrapped !== undefined) return decoderOf(wrapped)
  if (type === 'UInt64' || type === 'Int64') return integer
  const item = /^Array\((.*)\)$/.exec(type)?.[1]
  if (item === undefined) return undefined
  const decode = decoderOf(item)
  return decode && ((value) => (Array.isArray(value) ? value.map(decode) : value))
}

const integer: Decode = (value) => {
  if (typeof value !== 'string') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
