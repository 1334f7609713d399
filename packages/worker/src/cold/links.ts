// Which link rows a plan has to insert. Only the smallest (event time, event id) per anonymous id can ever hold, so a plan
// states one link per anonymous id, and none that an earlier plan has already beaten. The memory of that is bounded and only a
// saving: forgetting it repeats a row, which changes nothing. It learns from finished plans only, never from rows that the store
// may still refuse.
import { holdsBefore, rankToKeep, type ColdLink, type ColdRow, type LinkRank } from '@penstock/pipeline'

export interface LinkMemory {
  /** Links that the plan of these events must state. */
  needed(events: Iterable<ColdRow>): ColdLink[]
  /** Call when the links are durable and none of their events was refused. */
  learn(links: readonly ColdLink[]): void
}

/** @param maxLinks - asked whenever it learns: the memory is shared out among the partitions that are held. */
export function createLinkMemory(maxLinks: () => number): LinkMemory {
  // A Map keeps insertion order, which makes it a queue of the least recently learnt.
  const known = new Map<string, LinkRank>()

  function needed(events: Iterable<ColdRow>): ColdLink[] {
    const smallest = new Map<string, ColdLink>()
    for (const row of events) {
      for (const link of linksOf(row)) {
        const key = linkKey(link)
        const best = smallest.get(key) ?? known.get(key)
        if (best === undefined || holdsBefore(link, best)) smallest.set(key, link)
      }
    }
    return [...smallest.values()]
  }

  function learn(links: readonly ColdLink[]): void {
    for (const link of links) {
      const key = linkKey(link)
      known.delete(key)
      known.set(key, rankToKeep(link))
    }
    const most = maxLinks()
    for (const key of known.keys()) {
      if (known.size <= most) break
      known.delete(key)
    }
  }

  return { needed, learn }
}

/** An event with both ids links them; `alias` links its `previous_id` as well. */
export function linksOf(row: ColdRow): ColdLink[] {
  const { projectId, userId, anonymousId, previousId, eventTime, eventId } = row
  if (userId === '') return []
  const links: ColdLink[] = []
  if (anonymousId !== '') links.push({ projectId, anonymousId, userId, eventTime, eventId })
  if (row.type === 'alias' && previousId !== '') {
    links.push({ projectId, anonymousId: previousId, userId, eventTime, eventId })
  }
  return links
}

const linkKey = (link: ColdLink): string => `${link.projectId}/${link.anonymousId}`
