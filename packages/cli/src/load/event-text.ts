// JSON texts of events, put together from pieces: the generator must cost less than the server it is for. Everything that
// goes in is made here and needs no escaping.
import type { Random } from './random.ts'
import type { StepName } from './visit.ts'

export interface EventFacts {
  step: StepName
  id: string
  time: number
  anonymousId: string
  /** '' while nobody knows. */
  userId: string
  sessionId: string
  seq: number
  platform: string
  channel: string
}

const CATEGORIES = ['shoes', 'books', 'kitchen', 'garden', 'toys', 'music']
const PAGES = ['Home', 'Catalog', 'Offers', 'About', 'Help']
const WORDS = ['red', 'small', 'läufer', 'garden chair', '手袋', 'gift', 'blue note', 'size 42']
const PLANS = ['free', 'plus', 'pro']

export function eventText(facts: EventFacts, run: string, random: Random): string {
  const who = `"anonymous_id":"${facts.anonymousId}"${facts.userId === '' ? '' : `,"user_id":"${facts.userId}"`}`
  const common =
    `"timestamp":"${new Date(facts.time).toISOString()}",${who},"session_id":"${facts.sessionId}","seq":${facts.seq},` +
    `"context":{"load_run":"${run}","platform":"${facts.platform}","channel":"${facts.channel}","locale":"en-GB"}`
  const head = `{"event_id":"${facts.id}",`
  if (facts.step === '$page') {
    const page = PAGES[random.below(PAGES.length)] as string
    return `${head}"type":"page","name":"${page}",${common},"properties":{"path":"/${page.toLowerCase()}"}}`
  }
  if (facts.step === 'identify') {
    const plan = PLANS[random.below(PLANS.length)] as string
    return `${head}"type":"identify",${common},"traits":{"plan":"${plan}","newsletter":${random.chance(0.4)}}}`
  }
  return `${head}"type":"track","event":"${facts.step}",${common},"properties":${properties(facts.step, random)}}`
}

function properties(step: StepName, random: Random): string {
  if (step === 'search')
    return `{"query":"${WORDS[random.below(WORDS.length)] as string}","results":${random.below(200)}}`
  if (step === 'signed_up') return '{"method":"email"}'
  const category = CATEGORIES[random.below(CATEGORIES.length)] as string
  const price = (random.below(20_000) + 99) / 100
  if (step === 'order_completed') {
    return `{"order_id":"o-${random.word().toString(36)}","revenue":${price},"currency":"EUR","items":${1 + random.below(5)}}`
  }
  return `{"product_id":"p-${random.below(5000)}","category":"${category}","price":${price}}`
}
