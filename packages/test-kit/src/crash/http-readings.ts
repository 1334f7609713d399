// The plain reads of the checker, over HTTP: the export (cold store, streamed), receipts (hot store), dead letters.
// Also the wait until everything accepted is in them, which is what `as_of` promises.
import type { ApiClient } from '../program/api-client.ts'
import type { LetterReading, Readings } from './checker.ts'
import type { Fields } from './made-event.ts'

const FROM = '1970-01-02'
const DAY_MS = 86_400_000

/** A date past every event that the contract lets in. */
const horizon = () => new Date(Date.now() + 2 * DAY_MS).toISOString().slice(0, 10)

export function createHttpReadings(api: ApiClient): Readings {
  return {
    async *rows() {
      for await (const line of api.lines(`/v1/export?format=ndjson&from=${FROM}&to=${horizon()}`)) {
        if (line !== '') yield JSON.parse(line) as Fields
      }
    },
    async *letters() {
      let cursor: string | null = null
      do {
        const page = `limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
        const list = await wanted(api, `/v1/dead-letters?${page}`)
        for (const letter of list['data'] as { id: string }[]) {
          const whole = await wanted(api, `/v1/dead-letters/${letter.id}`)
          yield bodyOf(whole)
        }
        cursor = (list['next_cursor'] as string | null | undefined) ?? null
      } while (cursor !== null)
    },
    async receipt(eventId) {
      const answer = await api.get(`/events/${eventId}`)
      if (answer.status === 404) return null
      if (answer.status !== 200) throw new Error(`receipt of ${eventId}: ${answer.status} ${answer.text}`)
      return answer.json() as { state: string; event?: Fields }
    },
  }
}

async function wanted(api: ApiClient, path: string): Promise<Record<string, unknown>> {
  const answer = await api.admin('GET', path)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`)
  return answer.json()
}

function bodyOf(letter: Record<string, unknown>): LetterReading {
  const { id, reason, event_id, body, encoding } = letter as unknown as LetterReading & { encoding: string }
  return {
    id,
    reason,
    event_id,
    body: encoding === 'base64' ? Buffer.from(body, 'base64').toString('utf8') : body,
  }
}

export interface WaitOptions {
  /** Unit: milliseconds. Throws when it has passed. */
  timeoutMs: number
  /** Called with each `as_of` seen. */
  onProgress?: (asOf: string) => void
}

/** Resolves with the `as_of` once it is later than `acceptedAt`: from then on every answer holds what was accepted. */
export async function waitUntilCounted(
  api: ApiClient,
  acceptedAt: string,
  options: WaitOptions,
): Promise<string> {
  const deadline = performance.now() + options.timeoutMs
  let last = 'never answered'
  while (performance.now() < deadline) {
    const answer = await api.get('/v1/analytics/top-events?limit=1')
    if (answer.status === 200) {
      last = String(answer.json()['as_of'])
      options.onProgress?.(last)
      if (Date.parse(last) > Date.parse(acceptedAt)) return last
    } else last = `${answer.status} ${answer.text.slice(0, 300)}`
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`as_of did not pass ${acceptedAt} within ${options.timeoutMs} ms; last: ${last}`)
}
