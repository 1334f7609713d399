// Log time of the messages of one partition. The server stamps a message with its wall clock, which may be set back or be behind
// that of the server that led before. So every message carries a floor, the latest time its publisher had seen, and a message's
// log time is the latest of: its stamp, its floor, the log time of the one before it. That depends on the log's content alone.
// Holds what was seen lately, from reads and from the server's announcements; forgets the oldest above a bound.
export const FLOOR_HEADER = 'Penstock-Floor'

const KEPT = 8_192

export interface MessageTimes {
  /** Something is known of the message: its own time, which is the later of stamp and floor. */
  note(seq: number, own: number): void
  /** The log time of this message is this. */
  settle(seq: number, time: number): void
  /** Null when not enough is known. */
  timeOf(seq: number): number | null
  /** The latest time seen, 0 at first. */
  floor(): number
  /** The highest sequence seen, 0 at first. */
  lastSeq(): number
}

export function createMessageTimes(): MessageTimes {
  const own = new Map<number, number>()
  const settled = new Map<number, number>()
  let floor = 0
  let lastSeq = 0

  const keep = (map: Map<number, number>, seq: number, time: number): void => {
    map.set(seq, time)
    if (map.size <= KEPT) return
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
  }
  const settle = (seq: number, time: number): void => {
    keep(settled, seq, time)
    floor = Math.max(floor, time)
    lastSeq = Math.max(lastSeq, seq)
  }

  return {
    note(seq, time) {
      floor = Math.max(floor, time)
      lastSeq = Math.max(lastSeq, seq)
      if (!settled.has(seq)) keep(own, seq, time)
    },
    settle,
    timeOf(seq) {
      let known = seq
      while (known > 0 && !settled.has(known)) {
        if (!own.has(known)) return null
        known -= 1
      }
      let time = settled.get(known) ?? 0
      for (let next = known + 1; next <= seq; next++) {
        time = Math.max(time, own.get(next) ?? 0)
        own.delete(next)
        settle(next, time)
      }
      return time
    },
    floor: () => floor,
    lastSeq: () => lastSeq,
  }
}
