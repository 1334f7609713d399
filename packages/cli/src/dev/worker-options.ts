// The worker's tuning in embedded mode, and the safety layers that a mutation test may switch off.
import { REGISTRY_WINDOW_MS } from '@penstock/contract'
import type { WorkerOptions } from '@penstock/worker'
import type { SafetyLayer } from '../config/test-options.ts'

const DAY_MS = 86_400_000
const MIB = 1_048_576

export function workerOptions(data: { hotRetentionDays: number; unsafe: SafetyLayer | null }): WorkerOptions {
  return {
    hotLingerMs: 10,
    hotMaxEvents: 5_000,
    coldLingerMs: 500, // half of what the freshness of answers may cost
    coldMaxEvents: 20_000,
    coldMaxBytes: 8 * MIB,
    bufferBytes: 96 * MIB,
    purgeMarginMs: 10_000,
    registryWindowMs: REGISTRY_WINDOW_MS,
    hotRetentionMs: data.hotRetentionDays * DAY_MS,
    sweepIntervalMs: 60_000,
    safety: {
      positionOwner: data.unsafe !== 'position_owner',
      missingRows: data.unsafe !== 'missing_rows',
    },
  }
}
