import type { FailpointName } from '@penstock/pipeline'
import type { SAFETY_LAYERS } from './variables.ts'

export type SafetyLayer = (typeof SAFETY_LAYERS)[number]

/** The resolved configuration: complete and checked. docs/configuration.md explains each value. */
export interface Config {
  readonly host: string
  /** 0 asks for any free port. */
  readonly port: number
  readonly dataDir: string
  readonly project: string
  readonly writeKey: string
  readonly readKey: string
  readonly adminKey: string
  readonly metricsPort: number | null
  readonly trustProxy: readonly string[]
  readonly logCapBytes: number
  readonly hotRetentionDays: number
  readonly logLevel: string
  readonly test: {
    readonly failpoint: { readonly name: FailpointName; readonly hit: number } | null
    readonly unsafe: SafetyLayer | null
    readonly worker: boolean
  }
}

/** What was found in the environment. With problems there is no config. */
export type ParsedConfig =
  | { readonly config: Config; readonly problems: readonly []; readonly warnings: readonly string[] }
  | { readonly config: null; readonly problems: readonly string[]; readonly warnings: readonly string[] }
