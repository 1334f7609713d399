/**
 * The log partition of an event, so that all copies of one event meet in one partition, in one order.
 * FNV-1a (32 bit, http://www.isthe.com/chongo/tech/comp/fnv) over the project's id and the 16 bytes of the event's id.
 * A stored fact: it must never change for an existing log.
 */
export function partitionOf(
  projectId: string,
  ids: Uint8Array,
  idOffset: number,
  partitions: number,
): number {
  if (partitions === 1) return 0
  let hash = 0x811c9dc5
  for (let index = 0; index < projectId.length; index++) {
    hash = Math.imul(hash ^ projectId.charCodeAt(index), 0x01000193)
  }
  for (let index = 0; index < 16; index++) {
    hash = Math.imul(hash ^ (ids[idOffset + index] as number), 0x01000193)
  }
  return (hash >>> 0) % partitions
}
