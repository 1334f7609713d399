// Finds the bytes of one member of a JSON object, as they were sent: what goes into the log is never written anew by us, since
// that would round numbers. The text must have been parsed before; of a repeated name the last member counts, as in JSON.parse.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c

/** The value's bytes, or null when the object has no such member. */
export function jsonMember(object: Uint8Array, name: string): Uint8Array | null {
  let found: Uint8Array | null = null
  let at = object.indexOf(0x7b) + 1
  while (at > 0 && at < object.length) {
    const keyStart = object.indexOf(QUOTE, at)
    if (keyStart < 0) return found
    const keyEnd = endOfString(object, keyStart)
    const key = JSON.parse(Buffer.from(object.subarray(keyStart, keyEnd)).toString('utf8')) as string
    const start = object.indexOf(COLON, keyEnd) + 1
    const end = endOfValue(object, start)
    if (key === name) found = trimmed(object.subarray(start, end))
    at = object[end] === COMMA ? end + 1 : object.length
  }
  return found
}

/** Behind the closing quote of the string that opens at `at`. */
function endOfString(bytes: Uint8Array, at: number): number {
  let index = at + 1
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1
  return index + 1
}

/** The comma or bracket behind the value that begins at `at`. */
function endOfValue(bytes: Uint8Array, at: number): number {
  let depth = 0
  for (let index = at; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === QUOTE) index = endOfString(bytes, index) - 1
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return index
      depth--
    } else if (byte === COMMA && depth === 0) return index
  }
  return bytes.length
}

function trimmed(bytes: Uint8Array): Uint8Array {
  const blank = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
  let start = 0
  let end = bytes.length
  while (start < end && blank(bytes[start])) start++
  while (end > start && blank(bytes[end - 1])) end--
  return bytes.subarray(start, end)
}
