// The frame around a service, from the first line to the exit code: configuration, start, the ready line, and an orderly end. A store
// that does not answer at the start is waited for; a signal ends the waiting.
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { readEnvironment } from '../config/environment.ts'
import type { Environment } from '../config/parse-config.ts'
import { maskedConfig } from '../config/print-config.ts'
import { parseServiceConfig, type ServiceConfig, type ServiceRole } from '../config/service-config.ts'
import { endNow } from '../process/end-now.ts'
import { startFailure } from '../process/start-failure.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { createLogger } from '../terminal/logger.ts'
import { VERSION } from '../version.ts'
import type { ServiceFlags } from './command.ts'

export interface Service {
  /** For the ready line: `name=value`. */
  facts: Readonly<Record<string, string>>
  /** Finishes what is in flight and closes everything. */
  stop(): Promise<void>
}

export type StartService = (config: ServiceConfig, logger: Logger, signal: AbortSignal) => Promise<Service>

/** Everything that was opened, closed again in the opposite order. */
export interface Closers {
  add(close: () => Promise<void> | void): void
  closeAll(): Promise<void>
}

const STOP_DEADLINE_MS = 9_500 // orchestrators send SIGKILL after 10 s

/** @param overrides - command-line flags as variables. */
export async function runService(
  role: ServiceRole,
  { flags, overrides = {} }: { flags: ServiceFlags; overrides?: Environment },
  start: StartService,
): Promise<ExitCode> {
  const { config, warnings } = readServiceConfig(role, overrides)
  if (flags.printConfig === true) return printConfig(config, warnings)
  const logger = createLogger({ level: config.logLevel, thread: role, pretty: process.stderr.isTTY })
  for (const warning of warnings) logger.warn({ event: 'config.unknown' }, warning)
  logger.info({ event: 'config.resolved', version: VERSION, config: maskedConfig(config) }, 'starting')
  if (config.test.unsafe !== null)
    logger.warn({ event: 'safety.off', layer: config.test.unsafe }, 'a safety layer is off')
  const stopping = new AbortController()
  const started = performance.now()
  const running = start(config, logger, stopping.signal)
  endInOrder(running, stopping, logger)
  let service: Service
  try {
    service = await running
  } catch (error) {
    if (stopping.signal.aborted) return EXIT.ok
    throw startFailure(error)
  }
  const tookMs = Math.round(performance.now() - started)
  logger.info({ event: 'service.ready', ...service.facts, tookMs }, 'ready')
  const facts = { ...service.facts, pid: String(process.pid) }
  process.stdout.write(
    flags.json === true ? `${JSON.stringify({ ready: true, ...facts })}\n` : readyLine(facts),
  )
  return EXIT.ok
}

export function readServiceConfig(
  role: ServiceRole,
  overrides: Environment,
): { config: ServiceConfig; warnings: readonly string[] } {
  const { config, problems, warnings } = parseServiceConfig(readEnvironment(overrides), role)
  if (config !== null) return { config, warnings }
  const lines = [...problems, ...warnings.map((warning) => `Warning: ${warning}`)]
  throw new CommandError(
    EXIT.usage,
    `the configuration is not valid:\n${lines.map((line) => `  - ${line}`).join('\n')}`,
    'docs/configuration.md lists every variable.',
  )
}

export function printConfig(config: ServiceConfig, warnings: readonly string[]): ExitCode {
  for (const warning of warnings) process.stderr.write(`penstock: ${warning}\n`)
  process.stdout.write(`${JSON.stringify(maskedConfig(config), null, 2)}\n`)
  return EXIT.ok
}

export function createClosers(): Closers {
  const closers: (() => Promise<void> | void)[] = []
  return {
    add: (close) => void closers.push(close),
    closeAll: async () => {
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
}

const readyLine = (facts: Readonly<Record<string, string>>): string =>
  `ready ${Object.entries(facts)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}\n`

function endInOrder(running: Promise<Service>, stopping: AbortController, logger: Logger): void {
  closeWithGrace(
    {
      delay: STOP_DEADLINE_MS,
      logger: false,
      onSecondSignal: () => endNow(),
      onTimeout: () => {
        logger.error({ event: 'service.stop_overdue', afterMs: STOP_DEADLINE_MS }, 'stopping took too long')
        endNow()
      },
    },
    async ({ signal, err }) => {
      if (err !== undefined) {
        logger.fatal({ event: 'service.failed', err }, 'this should not happen, please report it')
        endNow()
      }
      logger.info({ event: 'service.stopping', signal }, 'stopping')
      stopping.abort()
      const service = await running.catch(() => null)
      await service?.stop()
      logger.info({ event: 'service.stopped' }, 'stopped')
    },
  )
}
