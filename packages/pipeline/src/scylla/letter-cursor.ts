// A place in the list of dead letters, as callers carry it from page to page.
import { cursorInvalid } from '../ports/questions.ts'

export interface LetterPlace {
  deadAt: number
  id: string
}

/** Before every letter. */
export const NEWEST_LETTER: LetterPlace = { deadAt: 2 ** 47, id: '' }

const LONGEST_ID = 64

export const encodeLetterCursor = ({ deadAt, id }: LetterPlace): string =>
  Buffer.from(`${deadAt}/${id}`).toString('base64url')

/** @throws QuestionInvalidError naming `cursor` */
export function decodeLetterCursor(cursor: string): LetterPlace {
  const [, deadAt, id] = /^(-?\d{1,15})\/(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (deadAt === undefined || id === undefined || id.length > LONGEST_ID) {
    throw cursorInvalid()
  }
  return { deadAt: Number(deadAt), id }
}
