// CPU time of another process, as Linux counts it.
import { readFileSync } from 'node:fs'

const MICROS_PER_TICK = 10_000

/** User and system time so far, in whole ticks of 10 ms. Unit: microseconds. */
export function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK
}
