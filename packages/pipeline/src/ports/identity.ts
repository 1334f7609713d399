/** `(project, event id)`: what an event is. */
export interface Identity {
  projectId: string
  /** 16 bytes. */
  eventId: Uint8Array
}

/** Where an event stands in the log: total order inside a partition, never reused. */
export interface Position {
  partition: number
  seq: number
  /** Index inside the message. */
  idx: number
}

export const samePosition = (a: Position, b: Position): boolean =>
  a.seq === b.seq && a.idx === b.idx && a.partition === b.partition

/** One key for maps: the project and the id's bytes. */
export const identityKey = ({ projectId, eventId }: Identity): string =>
  projectId + '/' + Buffer.from(eventId.buffer, eventId.byteOffset, 16).toString('latin1')
