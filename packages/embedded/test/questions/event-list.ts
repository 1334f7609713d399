// Events of a test as plain objects, and how they reach the tables.
import { createHash } from 'node:crypto'
import { parseUuid, type EventType, type JsonObject } from '@penstock/contract'
import { coldMonth, type ColdLink, type ColdRow, type ColdWriter } from '@penstock/pipeline'

export interface TestEvent {
  id: string
  type: EventType
  event?: string
  pageName?: string
  /** Event time. */
  time: number
  /** As the client sent it, when it differs from the event time. */
  sent?: number
  receivedAt: number
  userId?: string
  anonymousId?: string
  previousId?: string
  groupId?: string
  sessionId?: string
  seq?: number
  properties?: JsonObject
  traits?: JsonObject
  context?: JsonObject
}

/** A UUID that looks random and is the same in every run. */
export function testUuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const json = (value: JsonObject | undefined): string => (value === undefined ? '' : JSON.stringify(value))

function coldRow(projectId: string, event: TestEvent): ColdRow {
  const names: Partial<Record<EventType, string>> = {
    track: event.event ?? '',
    page: '$page',
    screen: '$screen',
  }
  return {
    projectId,
    eventId: parseUuid(event.id) as Uint8Array,
    type: event.type,
    name: names[event.type] ?? '',
    event: event.event ?? '',
    pageName: event.pageName ?? null,
    eventTime: event.time,
    receivedAt: event.receivedAt,
    originalTimestamp: event.sent ?? null,
    userId: event.userId ?? '',
    anonymousId: event.anonymousId ?? '',
    previousId: event.previousId ?? '',
    groupId: event.groupId ?? '',
    sessionId: event.sessionId ?? null,
    seq: event.seq ?? null,
    properties: json(event.properties),
    traits: json(event.traits),
    context: json(event.context),
  }
}

function linksOf(projectId: string, event: TestEvent): ColdLink[] {
  const { userId, anonymousId, previousId } = event
  if (userId === undefined) return []
  const base = { projectId, userId, eventTime: event.time, eventId: parseUuid(event.id) as Uint8Array }
  const linked = new Set([
    ...(anonymousId === undefined ? [] : [anonymousId]),
    ...(event.type === 'alias' && previousId !== undefined ? [previousId] : []),
  ])
  return [...linked].map((anonymous) => ({ ...base, anonymousId: anonymous }))
}

/** Writes the events of many projects as the worker does: one insert per month. Another call needs another `batch`. */
export async function writeProjects(
  writer: ColdWriter,
  projects: ReadonlyMap<string, readonly TestEvent[]>,
  batch = 'all',
): Promise<void> {
  const insert = (part: string) => ({ batch, attemptToken: `${batch}-${part}`, partition: 0, epoch: 1 })
  const rows = [...projects].flatMap(([id, events]) => events.map((event) => coldRow(id, event)))
  const links = [...projects].flatMap(([id, events]) => events.flatMap((event) => linksOf(id, event)))
  await writer.insertLinks(links, insert('links'))
  const months = new Set(rows.map((row) => coldMonth(row.eventTime)))
  for (const month of months) {
    const ofMonth = rows.filter((row) => coldMonth(row.eventTime) === month)
    await writer.insertEvents(ofMonth, insert(`month-${month}`))
  }
}
