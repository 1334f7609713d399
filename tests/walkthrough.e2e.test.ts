// The walk-through of examples/ecommerce-log on the built program, with the very commands of its README. The expected numbers
// are counted here from the file, by other means than the product's.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DevServer, startDev } from './cli/penstock.ts'
import {
  allAnswers,
  askPerson,
  EXAMPLE,
  importLog,
  LOG_FILE,
  type ImportSummary,
} from './walkthrough/answers.ts'

interface LogLine {
  user: string
  session: string
  event: string
  /** Ms since 1970. */
  time: number
}
let directory: string
let server: DevServer
let log: LogLine[]
let first: ImportSummary

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'penstock-walk-'))
  log = readLog(gunzipSync(await readFile(join(EXAMPLE, LOG_FILE))).toString())
  server = await startDev({ cwd: directory })
  first = await importLog(server.url, directory)
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

function readLog(text: string): LogLine[] {
  const [header, ...lines] = text.trim().split('\n')
  expect(header).toMatch(/^user_id,session_id,event,timestamp,/)
  expect(text).not.toContain('"') // so splitting by commas is right
  return lines.map((line) => {
    const [user, session, event, time] = line.split(',') as [string, string, string, string]
    return { user, session, event, time: Date.parse(`${time.replace(' ', 'T')}Z`) }
  })
}

const countBy = (lines: readonly LogLine[], key: (line: LogLine) => string): Map<string, LogLine[]> => {
  const groups = new Map<string, LogLine[]>()
  for (const line of lines) groups.set(key(line), [...(groups.get(key(line)) ?? []), line])
  return groups
}
const people = (lines: readonly LogLine[]): number => new Set(lines.map(({ user }) => user)).size
const month = ({ time }: LogLine): string => new Date(time).toISOString().slice(0, 7)
const iso = (time: number): string => new Date(time).toISOString()

let answers: Awaited<ReturnType<typeof allAnswers>>

describe('the walk-through', () => {
  it('imports every line, exact copies as events of their own', async () => {
    expect(first).toMatchObject({ lines: log.length, accepted: log.length, refused: 0, answered: true })
    expect(log).toHaveLength(31_106)
    answers = await allAnswers(server.url)
  })

  it('counts the most frequent events as the file does', () => {
    const wanted = [...countBy(log, ({ event }) => event)]
      .map(([event, lines]) => ({
        event,
        events: lines.length,
        users: people(lines),
        share: lines.length / log.length,
      }))
      .sort((a, b) => b.events - a.events || (a.event < b.event ? -1 : 1))
    expect(answers.top.map(({ event, events, users }) => ({ event, events, users }))).toEqual(
      wanted.map(({ event, events, users }) => ({ event, events, users })),
    )
    answers.top.forEach(({ share }, index) => expect(share).toBeCloseTo(wanted[index]!.share, 12))
  })

  it('counts active people per month as the file does', () => {
    const wanted = countBy(log, month)
    expect(answers.months).toHaveLength(12)
    for (const { period, users } of answers.months) expect(users).toBe(people(wanted.get(period) ?? []))
  })

  it('counts active people per day of Berlin, daylight saving included', () => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', dateStyle: 'short' })
    const wanted = countBy(log, ({ time }) => format.format(time))
    const inYear = [...wanted.keys()].filter((day) => day.startsWith('2024-'))
    expect(answers.days).toHaveLength(366)
    expect(answers.days.filter(({ users }) => users > 0).map(({ period }) => period)).toEqual(inYear.sort())
    for (const { period, users } of answers.days) expect(users).toBe(people(wanted.get(period) ?? []))
  })

  it('says who came back, by the month of their first event', () => {
    const months = [...countBy(log, ({ user }) => user)].map(([, lines]) => new Set(lines.map(month)))
    const label = (index: number): string => iso(Date.UTC(2024, index, 1)).slice(0, 7)
    for (const { cohort, size, values } of answers.retention) {
      const index = Number(cohort.slice(5)) - 1
      const members = months.filter((active) => [...active].sort()[0] === cohort)
      expect(size).toBe(members.length)
      const wanted = [0, 1, 2, 3].map((k) =>
        index + k > 11 ? null : members.filter((active) => active.has(label(index + k))).length,
      )
      expect(values).toEqual(wanted)
    }
    expect(answers.retention.map(({ cohort }) => cohort)).toEqual(
      Array.from({ length: 12 }, (_, index) => label(index)),
    )
  })

  it("shows one person's timeline, newest first", async () => {
    const wanted = log.filter(({ user }) => user === 'user_0000')
    expect(answers.timeline.map(({ timestamp }) => Date.parse(timestamp))).toEqual(
      wanted.map(({ time }) => time).sort((a, b) => b - a),
    )
    const facts = (lines: readonly { event: string; at: string }[]) =>
      lines.map(({ event, at }) => `${at} ${event}`).sort()
    expect(facts(answers.timeline.map(({ event, timestamp }) => ({ event, at: timestamp })))).toEqual(
      facts(wanted.map(({ event, time }) => ({ event, at: iso(time) }))),
    )
    const times = wanted.map(({ time }) => time)
    expect(await askPerson(server.url, 'user_0000')).toMatchObject({
      first_seen: iso(Math.min(...times)),
      last_seen: iso(Math.max(...times)),
    })
  })

  it('changes nothing when the file is imported again', async () => {
    expect(await importLog(server.url, directory)).toMatchObject({
      lines: log.length,
      accepted: log.length,
      refused: 0,
    })
    expect(await allAnswers(server.url)).toEqual(answers)
  })

  it('prints in its README what the server answers', async () => {
    const readme = await readFile(join(EXAMPLE, 'README.md'), 'utf8')
    for (const { event, events, users } of answers.top.slice(0, 3)) {
      expect(readme).toContain(`"event":"${event}","events":${events},"users":${users}`)
    }
    for (const { period, users } of answers.months.slice(0, 6))
      expect(readme).toContain(`"period":"${period}","users":${users}`)
    for (const { cohort, values } of answers.retention.slice(0, 6)) {
      expect(readme).toContain(`"cohort":"${cohort}"`)
      expect(readme).toContain(JSON.stringify(values))
    }
    for (const { event_id: id } of answers.timeline.slice(0, 3)) expect(readme).toContain(id)
  })
})
