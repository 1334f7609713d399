import { describe, expect, it } from 'vitest'
import { runSimulation, type SimulationSafety } from './run-simulation.ts'

const SAFE: SimulationSafety = {
  positionOwner: true,
  missingRows: true,
  fences: true,
  partitionRule: true,
  finishedRefusals: true,
}
// `npm run test:full` sets it.
const RUNS = process.env['TEST_FULL'] === '1' ? 20_000 : 2_000

describe('the protocol under crashes at any await', () => {
  it(`keeps every event exactly once in ${RUNS} runs`, { timeout: 600_000 }, async () => {
    const seen = { crashes: 0, stops: 0, sent: 0, replays: 0, refused: 0, conflicts: 0 }
    for (let seed = 1; seed <= RUNS; seed++) {
      const result = await runSimulation(seed, SAFE)
      expect(result.violations, `seed ${seed}`).toEqual([])
      for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += result[key]
    }
    // The runs must have been about something.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(RUNS / 10)
  })
})

// Each layer is there for something: without it the same model finds lost or doubled events.
describe.each([
  { layer: 'positionOwner', finds: /^(lost|duplicated)/ },
  { layer: 'missingRows', finds: /^duplicated/ },
  { layer: 'fences', finds: /^duplicated/ },
  { layer: 'partitionRule', finds: /^(lost|duplicated)/ },
  { layer: 'finishedRefusals', finds: /^lost/ },
] as const)('without $layer', ({ layer, finds }) => {
  it('an event is lost or doubled', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const { violations } = await runSimulation(seed, { ...SAFE, [layer]: false })
      if (violations.some((violation) => finds.test(violation))) return
    }
    expect.fail('400 runs without the layer found nothing: the model has gone blind')
  })
})
