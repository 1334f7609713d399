// Which of several links of an anonymous id holds: that of the earliest event.

/** The smaller one holds: by event time, then by event id. */
export interface LinkRank {
  eventTime: number
  eventId: Uint8Array
}

export function holdsBefore(a: LinkRank, b: LinkRank): boolean {
  if (a.eventTime !== b.eventTime) return a.eventTime < b.eventTime
  return Buffer.compare(a.eventId, b.eventId) < 0
}

/** To be remembered: a link's id is a view that would keep its whole message in memory, and `slice` of a Buffer is one more view. */
export const rankToKeep = ({ eventTime, eventId }: LinkRank): LinkRank => ({
  eventTime,
  eventId: new Uint8Array(eventId),
})
