import { FAILPOINTS, type FailpointName } from '@penstock/pipeline'
import { expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import {
  createNemesis,
  LEASE_FAILPOINTS,
  REACHABLE_FAILPOINTS,
  REFUSAL_FAILPOINTS,
  type Round,
} from './nemesis.ts'

const OPTIONS = { failpoints: REACHABLE_FAILPOINTS, failpointShare: 0.3, killAfterMs: [1000, 4000] as const }

const take = (count: number, seed: number, wanted: () => FailpointName[] = () => []) => {
  const nemesis = createNemesis(createRandom(seed), OPTIONS, wanted)
  return Array.from({ length: count }, () => nemesis.next().value)
}

it('is decided by its seed', () => {
  expect(take(50, 1)).toEqual(take(50, 1))
  expect(take(50, 1)).not.toEqual(take(50, 2))
})

it('dies at a wanted step before anything else, and leaves a recovery something to recover', () => {
  const rounds = take(2, 3, () => ['recovery.c.inserted'])
  expect(rounds.map((round: Round) => (round.kind === 'failpoint' ? round.name : round.kind))).toEqual([
    'cold.6.after_plan',
    'recovery.c.inserted',
  ])
})

it('kills at random between the bounds, sometimes while starting, mixed with steps', () => {
  const rounds = take(600, 4)
  const random = rounds.filter((round) => round.kind === 'random')
  expect(rounds.length - random.length).toBeGreaterThan(100)
  expect(random.filter((round) => round.whileStarting).length).toBeGreaterThan(10)
  for (const round of random.filter((one) => !one.whileStarting)) {
    expect(round.afterMs).toBeGreaterThanOrEqual(1000)
    expect(round.afterMs).toBeLessThanOrEqual(4000)
  }
})

it('knows every step of the protocol', () => {
  expect([...REACHABLE_FAILPOINTS, ...REFUSAL_FAILPOINTS, ...LEASE_FAILPOINTS].sort()).toEqual(
    [...FAILPOINTS].sort(),
  )
})
