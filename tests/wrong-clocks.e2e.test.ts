// What a wrong clock sends, from POST to every place that shows the event: the time is corrected, the event is kept, and the
// time that was sent is shown as it was. Year 1 is the zero time of Go and .NET, 9999 the last of .NET.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiClient, DEV_KEYS, waitUntilCounted, type ApiClient } from '@penstock/test-kit'
import { type DevServer, startDev } from './cli/penstock.ts'

const CLOCKS = ['0001-01-01', '0999-12-31', '1899-12-31', '1969-12-31', '2300-01-01', '9999-12-31']
const sent = CLOCKS.map((date, index) => ({
  event_id: `019ab000-0000-4000-8000-00000000c10${index}`,
  type: 'track',
  event: 'Opened',
  user_id: `clock ${date}`,
  timestamp: `${date}T00:00:05.000Z`,
}))

let directory: string
let server: DevServer
let api: ApiClient

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-clocks-'))
  server = await startDev({ cwd: directory })
  api = createApiClient({ url: server.url, ...DEV_KEYS })
})
afterAll(async () => {
  await api.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

/** A second before it was received, as each was sent a second after it happened. */
function shown({ timestamp, ...rest }: (typeof sent)[number], received_at: unknown) {
  const at = new Date(Date.parse(String(received_at)) - 1_000).toISOString()
  return { ...rest, timestamp: at, original_timestamp: timestamp, received_at }
}

it('an event of any year is corrected, kept, and shown with the time that was sent', async () => {
  let last = ''
  for (const event of sent) {
    const text = JSON.stringify({ sent_at: event.timestamp.replace(':05', ':06'), events: [event] })
    const answer = (await api.post('/events', { text })).json()
    expect(answer).toMatchObject({ accepted: 1, warnings: [{ code: 'clock_corrected' }] })
    last = answer['accepted_at'] as string
  }
  await waitUntilCounted(api, last, { timeoutMs: 60_000 })
  expect((await api.admin('GET', '/v1/dead-letters')).json()).toMatchObject({ data: [] })

  const exported = new Map<string, Record<string, unknown>>()
  const yesterday = new Date(Date.parse(last) - 86_400_000).toISOString().slice(0, 10)
  for await (const line of api.lines(`/v1/export?format=ndjson&from=${yesterday}`)) {
    if (line === '') continue
    const event = JSON.parse(line) as Record<string, unknown>
    exported.set(String(event['event_id']), event)
  }
  for (const event of sent) {
    const found = exported.get(event.event_id)
    expect(found).toEqual(shown(event, found?.['received_at']))
    const receipt = (await api.get(`/events/${event.event_id}`)).json()
    expect(receipt).toMatchObject({ state: 'cold', event: found })
    const timeline = (await api.get(`/v1/users/${encodeURIComponent(event.user_id)}/events`)).json()
    expect(timeline['data']).toEqual([found])
  }
})
