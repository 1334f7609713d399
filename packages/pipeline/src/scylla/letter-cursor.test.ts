import { describe, expect, it } from 'vitest'
import { QuestionInvalidError } from '../ports/questions.ts'
import { decodeLetterCursor, encodeLetterCursor } from './letter-cursor.ts'

describe('the cursor of the list of dead letters', () => {
  it('is read back as it was written', () => {
    const place = { deadAt: 1_795_000_000_000, id: '0123456789abcdef0123456789abcdef' }
    expect(decodeLetterCursor(encodeLetterCursor(place))).toEqual(place)
  })

  it("is the caller's mistake when it is anything else", () => {
    const long = encodeLetterCursor({ deadAt: 1, id: 'x'.repeat(65) })
    for (const cursor of ['', 'x', 'AAAA', '%%%', Buffer.from('1/').toString('base64url'), long]) {
      expect(() => decodeLetterCursor(cursor), cursor).toThrow(QuestionInvalidError)
    }
  })
})
