// `penstock dev` from the first line to the exit code: configuration, start, the ready line, and an orderly end.
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { readEnvironment } from '../config/environment.ts'
import type { Config } from '../config/options.ts'
import { parseConfig } from '../config/parse-config.ts'
import { maskedConfig } from '../config/print-config.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { createLogger } from '../terminal/logger.ts'
import { VERSION } from '../version.ts'
import type { DevFlags } from './command.ts'
import { endNow } from '../process/end-now.ts'
import { readyFacts, readyLine } from './ready-line.ts'
import { type Embedded, startEmbedded } from './start-embedded.ts'
import { startFailure } from '../process/start-failure.ts'

const STOP_DEADLINE_MS = 9500 // orchestrators send SIGKILL after 10 s

/** Resolves at once when there is nothing to run; otherwise the process ends with its own exit code later. */
export async function runDev(flags: DevFlags): Promise<ExitCode> {
  const { config, warnings } = readConfig(flags)
  if (flags.printConfig === true) {
    for (const warning of warnings) process.stderr.write(`penstock: ${warning}\n`)
    process.stdout.write(`${JSON.stringify(maskedConfig(config), null, 2)}\n`)
    return EXIT.ok
  }
  const pretty = process.stderr.isTTY
  const logger = createLogger({ level: config.logLevel, thread: 'gateway', pretty })
  for (const warning of warnings) logger.warn({ event: 'config.unknown' }, warning)
  logger.debug({ event: 'config.resolved', config: maskedConfig(config) }, 'configuration')
  if (config.test.unsafe !== null)
    logger.warn({ event: 'safety.off', layer: config.test.unsafe }, 'a safety layer is off')
  const started = performance.now()
  const embedded = await startEmbedded(config, logger, { pretty }).catch((error: unknown) => {
    throw startFailure(error)
  })
  endInOrder(embedded, logger)
  const tookMs = Math.round(performance.now() - started)
  logger.info(
    { event: 'server.ready', version: VERSION, url: embedded.url, metrics: embedded.metricsUrl, tookMs },
    'ready',
  )
  process.stdout.write(readyLine(readyFacts(embedded.url, config), flags.json === true))
  return EXIT.ok
}

function readConfig(flags: DevFlags): { config: Config; warnings: readonly string[] } {
  const { config, problems, warnings } = parseConfig(
    readEnvironment({
      PENSTOCK_HOST: flags.host,
      PENSTOCK_PORT: flags.port,
      PENSTOCK_DATA_DIR: flags.dataDir,
    }),
  )
  if (config !== null) return { config, warnings }
  const lines = [...problems, ...warnings.map((warning) => `Warning: ${warning}`)]
  throw new CommandError(
    EXIT.usage,
    `the configuration is not valid:\n${lines.map((line) => `  - ${line}`).join('\n')}`,
    'docs/configuration.md lists every variable.',
  )
}

function endInOrder(embedded: Embedded, logger: Logger): void {
  // A worker that died leaves events unprocessed; whoever supervises this process starts it again.
  void embedded.workerDied.then((error) => {
    logger.fatal(
      { event: 'worker.died', err: error },
      'the worker died; this process ends, and has to be started again',
    )
    endNow()
  })
  closeWithGrace(
    {
      delay: STOP_DEADLINE_MS,
      logger: false,
      onSecondSignal: () => endNow(),
      onTimeout: () => {
        logger.error({ event: 'server.stop_overdue', afterMs: STOP_DEADLINE_MS }, 'stopping took too long')
        endNow()
      },
    },
    async ({ signal, err }) => {
      if (err !== undefined) {
        logger.fatal({ event: 'server.failed', err }, 'this should not happen, please report it')
        endNow()
      }
      logger.info({ event: 'server.stopping', signal }, 'stopping')
      await embedded.stop()
      logger.info({ event: 'server.stopped' }, 'stopped')
    },
  )
}
