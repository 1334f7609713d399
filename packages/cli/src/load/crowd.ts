// People with visits: an endless stream of events, many visits interleaved, as they would arrive from a shop. People begin
// anonymous; some identify themselves at the checkout and come back known. Deterministic: seed, start and days decide all of it.
import { seededUuid } from './event-ids.ts'
import { eventText } from './event-text.ts'
import { createRandom } from './random.ts'
import { STEP_NAMES, type StepName, drawVisit } from './visit.ts'

const DAY_MS = 86_400_000
const VISITS_AT_ONCE = 400
const RETURN_SHARE = 0.4
const PLATFORMS = ['desktop', 'mobile', 'tablet']
const CHANNELS = ['email', 'search', 'ads', 'direct', 'social']

/** One event, with what the account needs to know of it. */
export interface MadeEvent {
  text: string
  /** Index in `STEP_NAMES`. */
  step: number
  person: number
  /** Days since 1970, UTC. */
  day: number
}

export interface Crowd {
  next(): MadeEvent
  people(): number
}

interface Person {
  index: number
  anonymousId: string
  userId: string
  known: boolean
  /** The earliest moment of the next visit. */
  freeFrom: number
  visits: number
  platform: string
  channel: string
}

interface Visit {
  person: Person
  steps: StepName[]
  at: number
  time: number
  sessionId: string
}

export function createCrowd(options: { seed: string; run: string; start: number; days: number }): Crowd {
  const { run, start, days } = options
  const random = createRandom(`behaviour ${options.seed}`)
  const idRandom = createRandom(`ids ${options.seed} ${start}`)
  const first = start - days * DAY_MS
  const people: Person[] = []
  const visits = Array.from({ length: VISITS_AT_ONCE }, () => newVisit())

  function newPerson(): Person {
    const index = people.length
    const person: Person = {
      index,
      anonymousId: `${run}-a${index}`,
      userId: `${run}-u${index}`,
      known: false,
      freeFrom: first + random.unit() * (start - first),
      visits: 0,
      platform: PLATFORMS[random.below(PLATFORMS.length)] as string,
      channel: CHANNELS[random.below(CHANNELS.length)] as string,
    }
    people.push(person)
    return person
  }

  /** Somebody who was here and has time for another visit before `start`; null when the draw finds nobody. */
  function returning(): Person | null {
    for (let attempt = 0; attempt < 4 && people.length > VISITS_AT_ONCE; attempt++) {
      const person = people[random.below(people.length)] as Person
      if (person.visits > 0 && person.freeFrom < start) return person
    }
    return null
  }

  function newVisit(): Visit {
    const person = (random.chance(RETURN_SHARE) ? returning() : null) ?? newPerson()
    const { index, known, visits: visitNumber, freeFrom } = person
    person.visits += 1
    person.freeFrom = Number.POSITIVE_INFINITY // one visit at a time
    const steps = drawVisit(random, { known, mayIdentify: !known })
    return { person, steps, at: 0, time: freeFrom, sessionId: `${run}-s${index}-${visitNumber}` }
  }

  function next(): MadeEvent {
    const slot = random.below(visits.length)
    const visit = visits[slot] as Visit
    const { person } = visit
    const step = visit.steps[visit.at] as StepName
    if (step === 'identify') person.known = true
    const time = Math.floor(visit.time)
    const facts = {
      step,
      id: seededUuid(time, idRandom),
      time,
      anonymousId: person.anonymousId,
      userId: person.known ? person.userId : '',
      sessionId: visit.sessionId,
      seq: visit.at,
      platform: person.platform,
      channel: person.channel,
    }
    visit.at += 1
    visit.time = Math.min(visit.time + 2_000 + random.unit() * 60_000, start)
    if (visit.at === visit.steps.length) {
      person.freeFrom = visit.time + DAY_MS * (0.3 + random.unit() * 3)
      visits[slot] = newVisit()
    }
    return {
      text: eventText(facts, run, random),
      step: STEP_NAMES.indexOf(step),
      person: person.index,
      day: Math.floor(time / DAY_MS),
    }
  }

  return { next, people: () => people.length }
}
