// Makes stored JSON readable to the engine: its parser refuses a whole document when one integer needs more than 64 bits
// (JavaScript writes 1e20 as 100000000000000000000), and every property of that event would look missing. Such integers get
// `.0`, which makes them the doubles that they are. Only texts with 19 digits in a row pay for it.

// Texts, long integers where a value may stand, and all else: together they cover a compact JSON document, so an integer
// inside a text is never touched.
const TOKENS = String.raw`'"(?:[^"\\\\]|\\\\.)*"|[:\\[,]-?[0-9]{19,}|[^":\\[,]+|[:\\[,]'`

/** @param column - a column of ours, never a caller's text. */
export const readableJson = (column: 'properties' | 'context' | 'traits'): string =>
  `if(match(${column}, '[0-9]{19}'),
      arrayStringConcat(arrayMap(
        token -> if(match(token, '^[:\\\\[,]-?[0-9]{19,}$'), concat(token, '.0'), token),
        extractAll(${column}, ${TOKENS}))),
      ${column})`
