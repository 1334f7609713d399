// How long a row still has to live when it is written. Counted from the later of log time and event time, never from now: written
// again it dies at the same moment, and imported history lives as long as everything else.
import type { AcceptedEvent } from '../ports/worker-state.ts'
import type { ProjectStore } from '../ports/projects.ts'

const DAY_MS = 86_400_000
// What was in the log for weeks is written late. It must not be forgotten before the cold stage has been past it.
const SHORTEST_S = 7 * 86_400
/** The servers' own limit: 20 years. */
const LONGEST_S = 630_720_000
/** How late a change of a project's retention is noticed. */
const RETENTION_AGE_MS = 60_000

type Aged = Pick<AcceptedEvent, 'logTime' | 'eventTime'>

/** Seconds. */
export function secondsLeft({ logTime, eventTime }: Aged, lifetimeMs: number, now: number): number {
  const seconds = Math.ceil((Math.max(logTime, eventTime) + lifetimeMs - now) / 1_000)
  return Math.min(LONGEST_S, Math.max(SHORTEST_S, seconds))
}

export interface Retention {
  /** Reads the retention of the projects when it was not read within a minute. Throws as the project store does. */
  refresh(): Promise<void>
  /** Life of a project's hot rows. Unit: milliseconds. */
  hotMs(projectId: string): number
}

export function createRetention(options: {
  projects: Pick<ProjectStore, 'projects'>
  hotRetentionMs: number
  clock: () => number
}): Retention {
  let known = new Map<string, number>()
  let readAt = Number.NEGATIVE_INFINITY
  return {
    refresh: async () => {
      const age = options.clock() - readAt
      if (age >= 0 && age < RETENTION_AGE_MS) return
      const projects = await options.projects.projects()
      known = new Map(projects.map(({ id, retentionDays }) => [id, retentionDays * DAY_MS]))
      readAt = options.clock()
    },
    hotMs: (projectId) => Math.min(options.hotRetentionMs, known.get(projectId) ?? Infinity),
  }
}
