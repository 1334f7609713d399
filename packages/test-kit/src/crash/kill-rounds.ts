// Lives through the nemesis' rounds: start, wait for ready, open the gate, die, once more. Keeps the tally of how it died and
// how long each start took. An end that nobody ordered is recorded, with what was printed, and makes the run red.
import type { FailpointName } from '@penstock/pipeline'
import { launch, type Program } from '../program/launch.ts'
import type { Random } from '../random.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import { createNemesis, type NemesisOptions, type Round } from './nemesis.ts'
import type { Pace } from './pace.ts'

export interface KillTally {
  kills: { total: number; random: number; whileStarting: number; atStep: Record<string, number> }
  notReached: string[]
  ownEnds: string[]
  readyMs: number[]
  peakRssBytes: number
}

export interface KillRounds {
  /** A start and an end in order, so that everything is there that a first start makes. */
  startAndStop(): Promise<void>
  /** Rounds begin while `goesOn`, and until each wanted step was died at (or tried a few times). */
  runWhile(goesOn: () => boolean): Promise<void>
  /** The last start: resolves when ready, and nothing kills it any more. */
  startForGood(): Promise<void>
  killForGood(): void
  tally(): KillTally
}

export interface KillRoundsOptions extends NemesisOptions {
  args: readonly string[]
  env: Readonly<Record<string, string>>
  url: string
  gate: Gate
  pace: Pace
  ledger: Ledger
  random: Random
  /** Replays a dead letter; called again and again in rounds that die in a replay. */
  replay: () => Promise<boolean>
  /** Rounds go on until this many kills. */
  leastKills: number
  /** How long a round waits for its step after the program was ready. Unit: milliseconds. */
  stepPatienceMs: number
  say: (line: string) => void
}

/** A start that takes longer is an error of its own. */
const START_PATIENCE_MS = 60_000
const MOST_OWN_ENDS = 5
/** How often a step that was not passed is tried again before the run gives up on it. */
const STEP_ATTEMPTS = 4

export function createKillRounds(options: KillRoundsOptions): KillRounds {
  const { gate, ledger, say } = options
  const tally: KillTally = {
    kills: { total: 0, random: 0, whileStarting: 0, atStep: {} },
    notReached: [],
    ownEnds: [],
    readyMs: [],
    peakRssBytes: 0,
  }
  let program: Program | null = null

  const start = (failpoint?: string): Program => {
    const extra = failpoint === undefined ? {} : { PENSTOCK_TEST: '1', PENSTOCK_TEST_FAILPOINT: failpoint }
    program = launch({ args: options.args, env: { ...options.env, ...extra }, url: options.url })
    return program
  }
  const readyOf = async (running: Program): Promise<boolean> => {
    const ready = await within(START_PATIENCE_MS, running.ready)
    if (ready === 'late') throw new Error(`not ready after ${START_PATIENCE_MS} ms:\n${running.output()}`)
    if (ready === null) return false
    tally.readyMs.push(Math.round(ready))
    options.pace.resume()
    gate.open()
    return true
  }
  const ownEnd = (running: Program, during: string) => {
    const { code, signal } = running.exit() ?? { code: null, signal: null }
    tally.ownEnds.push(`${during}: code ${code}, signal ${signal}\n${running.output().slice(-3000)}`)
    say(`ended by itself during ${during}: code ${code}, signal ${signal}`)
    if (tally.ownEnds.length > MOST_OWN_ENDS)
      throw new Error(`it keeps ending by itself:\n${tally.ownEnds.join('\n')}`)
  }
  const kill = async (running: Program) => {
    tally.peakRssBytes = Math.max(tally.peakRssBytes, running.rssBytes())
    running.kill('SIGKILL')
    gate.close()
    await running.exited
  }

  const dieAtRandom = async (round: Round & { kind: 'random' }) => {
    const running = start()
    if (!round.whileStarting && !(await readyOf(running))) {
      ownEnd(running, 'a start')
      return
    }
    const early = await within(round.afterMs, running.exited)
    if (early !== 'late') {
      ownEnd(running, 'a random round')
      return
    }
    await kill(running)
    tally.kills.total++
    if (round.whileStarting) tally.kills.whileStarting++
    else tally.kills.random++
  }

  const dieAtStep = async (name: FailpointName, hit: number) => {
    const running = start(`${name}@${hit}`)
    await readyOf(running)
    const replaying = name.startsWith('replay.') ? keepReplaying(running, options.replay) : null
    const end = await within(options.stepPatienceMs, running.exited)
    gate.close()
    if (end === 'late') {
      tally.notReached.push(`${name}@${hit}`)
      await kill(running)
      tally.kills.total++
      tally.kills.random++
    } else if (end.signal !== 'SIGKILL') ownEnd(running, `a round for ${name}`)
    else {
      running.kill('SIGKILL') // what else the group may hold
      tally.kills.total++
      tally.kills.atStep[name] = (tally.kills.atStep[name] ?? 0) + 1
    }
    await replaying
  }

  return {
    async startAndStop() {
      const running = start()
      if (!(await readyOf(running))) throw new Error(`the first start failed:\n${running.output()}`)
      gate.close()
      running.kill('SIGTERM')
      await running.exited
    },
    async runWhile(goesOn) {
      const attempts = new Map<FailpointName, number>()
      const wanted = () =>
        options.failpoints.filter(
          (name) => tally.kills.atStep[name] === undefined && (attempts.get(name) ?? 0) < STEP_ATTEMPTS,
        )
      const nemesis = createNemesis(options.random, options, wanted)
      while (goesOn() || wanted().length > 0 || tally.kills.total < options.leastKills) {
        const round = nemesis.next().value
        ledger.note('round', { ...round })
        if (round.kind === 'random') await dieAtRandom(round)
        else {
          attempts.set(round.name, (attempts.get(round.name) ?? 0) + 1)
          await dieAtStep(round.name, round.hit)
        }
        if (tally.kills.total % 10 === 0) say(`${tally.kills.total} kills`)
      }
    },
    async startForGood() {
      const running = start()
      if (!(await readyOf(running))) throw new Error(`the last start failed:\n${running.output()}`)
    },
    killForGood: () => program?.kill('SIGKILL'),
    tally: () => {
      tally.peakRssBytes = Math.max(tally.peakRssBytes, program?.rssBytes() ?? 0)
      return tally
    },
  }
}

async function keepReplaying(running: Program, replay: () => Promise<boolean>): Promise<void> {
  while (running.exit() === null) {
    if (!(await replay())) await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | 'late'> {
  let timer: NodeJS.Timeout
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ms)))
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
