/** All from one duration, which every worker of an installation must share. */
export interface LeaseTimes {
  /** A lease that stayed unchanged this long may be taken. */
  durationMs: number
  /** The holder stops acting this long before that: covers clocks that run unequally fast and what is under way. */
  marginMs: number
  /** Time from one renewal to the next. */
  renewMs: number
  /** Time between two looks at all leases; bounds how long a released partition stays free. */
  pollMs: number
}

/** @param durationMs - see `WorkerOptions.leaseMs` */
export function leaseTimes(durationMs: number): LeaseTimes {
  return {
    durationMs,
    marginMs: durationMs / 6,
    renewMs: durationMs / 4,
    pollMs: Math.min(200, durationMs / 4),
  }
}
