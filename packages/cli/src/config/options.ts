import type { TestOptions } from './test-options.ts'

/** The resolved configuration of `penstock dev`: complete and checked. docs/configuration.md explains each value. */
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
  readonly test: TestOptions
}

/** What was found in the environment. With problems there is no config. */
export type Parsed<Found> =
  | { readonly config: Found; readonly problems: readonly []; readonly warnings: readonly string[] }
  | { readonly config: null; readonly problems: readonly string[]; readonly warnings: readonly string[] }

export type ParsedConfig = Parsed<Config>
