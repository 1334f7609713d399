// Dead letters as callers see them.
import { isUtf8 } from 'node:buffer'
import { formatUuid } from '@penstock/contract'
import type { DeadLetterView } from '@penstock/contract/schema'
import { formatTimestamp, type DeadLetter, type DeadLetters } from '@penstock/pipeline'
import { ProblemError } from './http/problem.ts'

/** @throws ProblemError 404 `dead_letter_not_found` */
export async function findLetter(letters: DeadLetters, projectId: string, id: string): Promise<DeadLetter> {
  const letter = await letters.get(projectId, id)
  if (letter === null)
    throw new ProblemError('dead_letter_not_found', 'The project has no dead letter with this id.')
  return letter
}

export function letterView(letter: DeadLetter): DeadLetterView {
  return {
    id: letter.id,
    reason: letter.reason,
    detail: letter.detail,
    event_id: formatUuid(letter.eventId),
    received_at: formatTimestamp(letter.receivedAt),
    dead_at: formatTimestamp(letter.deadAt),
    attempts: letter.attempts,
    state: letter.state,
  }
}

/** With the original bytes, if they are there: as text when they are UTF-8. */
export function letterDetail(letter: DeadLetter) {
  if (letter.body === null) return { ...letterView(letter), body: null, encoding: 'utf8' as const }
  const encoding = isUtf8(letter.body) ? ('utf8' as const) : ('base64' as const)
  const body = Buffer.from(letter.body.buffer, letter.body.byteOffset, letter.body.byteLength).toString(
    encoding,
  )
  return { ...letterView(letter), body, encoding }
}
