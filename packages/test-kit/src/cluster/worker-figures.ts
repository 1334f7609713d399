// What a worker says of itself in its metrics, as far as a test steers by it.
import { request } from 'undici'

export interface WorkerFigures {
  partitionsHeld: number
  /** Inserts into the events table since it started. */
  coldInserts: number
}

/** Null when it does not answer. */
export async function workerFigures(url: string): Promise<WorkerFigures | null> {
  try {
    const response = await request(`${url}/metrics`, { headersTimeout: 3_000, bodyTimeout: 3_000 })
    const text = await response.body.text()
    const figure = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
    return {
      partitionsHeld: figure('penstock_partitions_held'),
      coldInserts: figure('penstock_cold_inserts_total'),
    }
  } catch {
    return null
  }
}
