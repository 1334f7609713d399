// The rows of the n-th batch, one list per month; the same in the process that writes and in the one that looks.
import type { ColdRow } from '@penstock/pipeline'

const NOVEMBER = Date.UTC(2026, 10, 10)
const OCTOBER = Date.UTC(2026, 9, 10)
const ROWS_PER_MONTH = 300

export const batchRows = (n: number): ColdRow[][] => [monthRows(n, OCTOBER, 0), monthRows(n, NOVEMBER, 1)]

function monthRows(n: number, month: number, half: number): ColdRow[] {
  return Array.from({ length: ROWS_PER_MONTH }, (_, index) => {
    const eventId = Buffer.alloc(16, 0x22)
    eventId.writeUInt32BE(n, 0)
    eventId.writeUInt32BE(half * ROWS_PER_MONTH + index, 12)
    return {
      ...{ projectId: 'p', eventId, type: 'track', name: 'Killed', event: 'Killed', pageName: null },
      ...{ eventTime: month + index, receivedAt: month, originalTimestamp: null },
      ...{ userId: `u${index}`, anonymousId: '', previousId: '', groupId: '', sessionId: null, seq: null },
      ...{ properties: JSON.stringify({ filler: 'x'.repeat(200) }), traits: '', context: '' },
    }
  })
}
