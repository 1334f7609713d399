// Two projects with the same ids of everything never see each other's data, whatever is read.
import { serverSuite } from '@penstock/test-kit/server-suite'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { sampleCommit, sampleEvent, sampleLetter, type SampleEvent } from '../../src/ports/sample-events.ts'
import type { AcceptedEvent, NewDeadLetter, StateRow } from '../../src/ports/worker-state.ts'
import { createSchema, type TestSchema } from './schema.ts'

await serverSuite('cassandra', (server) => {
  let schema: TestSchema
  let opened: Awaited<ReturnType<TestSchema['open']>>
  let row: StateRow
  beforeAll(async () => {
    schema = await createSchema(server, 'isolation')
  })
  afterAll(() => schema.drop())
  beforeEach(async () => {
    await schema.empty()
    opened = await schema.open()
    row = await opened.state.acquire(0)
  })
  afterEach(() => opened.close())

  // Names that run into each other when they are joined carelessly.
  const name = fc.constantFrom('a', 'b', 'ab', 'a/b', '1/a', '', 'a\0', '/')
  const made = fc.record({
    n: fc.integer({ min: 0, max: 6 }),
    user: name,
    anonymous: name,
    refused: fc.boolean(),
    trait: fc.integer(),
  })
  const projects = fc.uniqueArray(fc.constantFrom('a', 'b', 'a/b', 'ab', '1/a', 'a\0b'), {
    minLength: 2,
    maxLength: 2,
  })

  /** Everything these ports tell about a project, in a form that can be compared. */
  async function told(projectId: string, ids: readonly AcceptedEvent[]) {
    const identities = ids.map(({ eventId }) => ({ projectId, eventId }))
    const names = ['a', 'b', 'ab', 'a/b', '1/a', '', 'a\0', '/']
    const perName = await Promise.all(
      names.map(async (id) => ({
        user: await opened.hot.timeline({ projectId, kind: 'user', id }, { limit: 100 }),
        anonymous: await opened.hot.timeline({ projectId, kind: 'anonymous', id }, { limit: 100 }),
        span: await opened.hot.span({ projectId, kind: 'user', id }),
        holder: await opened.hot.linkedUser(projectId, id),
        linked: await opened.hot.linkedAnonymousIds(projectId, id),
        profile: await opened.hot.profile(projectId, id),
      })),
    )
    return {
      perName,
      entries: await opened.state.lookup(identities),
      rows: await opened.hot.events(identities),
      latest: await Promise.all(identities.map((identity) => opened.deadLetters.latestOf(identity))),
      letters: (await opened.deadLetters.list(projectId, {}, { limit: 100 })).letters,
      open: await opened.deadLetters.countOpen(projectId),
      summary: await opened.deadLetters.summary(projectId),
    }
  }

  it('sees of a project what it would see if it were the only one', async () => {
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        projects,
        fc.array(made, { minLength: 1, maxLength: 6 }),
        fc.array(made, { minLength: 1, maxLength: 6 }),
        async (pair, mine, others) => {
          const [left, right] = pair.map((project) => `${round}:${project}`) as [string, string]
          const alone = `${round++}:alone`
          const samples = (projectId: string, list: typeof mine): AcceptedEvent[] =>
            [...new Map(list.map((one) => [one.n, one])).values()].map(({ n, user, anonymous, trait }) => {
              const event: SampleEvent['event'] = {
                type: 'identify',
                user_id: user,
                anonymous_id: anonymous,
                traits: { trait },
              }
              return sampleEvent({ n, projectId, event })
            })
          const letters = (projectId: string, list: typeof mine): NewDeadLetter[] =>
            samples(
              projectId,
              list.filter(({ refused }) => refused),
            ).map((event) => sampleLetter(event))
          const write = async (projectId: string, list: typeof mine) =>
            opened.state.commitHot(
              sampleCommit(row, samples(projectId, list), { letters: letters(projectId, list) }),
            )
          await write(alone, mine)
          await write(left, mine)
          await write(right, others)
          const ids = Array.from({ length: 7 }, (_, n) => sampleEvent({ n }))
          const rename = (value: unknown, from: string): unknown =>
            JSON.parse(
              JSON.stringify(value, (_, item: unknown) =>
                item instanceof Map ? [...item] : item === from ? 'project' : item,
              ),
            )
          expect(rename(await told(left, ids), left)).toEqual(rename(await told(alone, ids), alone))
        },
      ),
      { numRuns: 12 },
    )
  })
})
