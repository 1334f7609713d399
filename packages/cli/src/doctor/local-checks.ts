// What can be said without a server: Node, configuration, data directory, disk, port.
import { accessSync, constants, existsSync, statSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { findOwners } from '@penstock/embedded/directory-owner'
import { readEnvironment } from '../config/environment.ts'
import type { Config } from '../config/options.ts'
import { parseConfig } from '../config/parse-config.ts'
import { VERSION } from '../version.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const LEAST_FREE_BYTES = 1_073_741_824

export function checkVersions(): Finding[] {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const detail = `penstock ${VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`
  if (major % 2 === 0) return [ok('versions', detail)]
  return [
    warn('versions', detail, 'This Node is a short-lived release; run an even-numbered one (20, 22, 24).'),
  ]
}

/** The configuration, or null when it is not valid. */
export function checkConfig(dataDir: string | undefined): { config: Config | null; findings: Finding[] } {
  const { config, problems, warnings } = parseConfig(readEnvironment({ PENSTOCK_DATA_DIR: dataDir }))
  const findings = [
    ...problems.map((problem) =>
      fail('configuration', problem, 'docs/configuration.md lists every variable.'),
    ),
    ...warnings.map((text) => warn('configuration', text, 'Rename it or unset it.')),
  ]
  return { config, findings: findings.length > 0 ? findings : [ok('configuration', 'valid')] }
}

/** `running`: a server answers, so a lock is as it should be. */
export async function checkDataDirectory(config: Config, running: boolean): Promise<Finding[]> {
  const path = resolve(config.dataDir)
  const there = existsSync(path)
  const nearest = there ? path : nearestParent(path)
  const mend = 'Mend its owner and permissions, or choose another with --data-dir or PENSTOCK_DATA_DIR.'
  if (!statSync(nearest).isDirectory()) return [fail('data directory', `${nearest} is a file`, mend)]
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK)
  } catch {
    return [fail('data directory', `${nearest} is not writable by this user`, mend)]
  }
  const state = there ? ok('data directory', path) : ok('data directory', `${path} will be made`)
  return [state, ...(await checkLock(path, running)), checkDisk(nearest, config.logCapBytes)]
}

async function checkLock(path: string, running: boolean): Promise<Finding[]> {
  const owners = await findOwners(path).catch(() => [])
  const holder = owners.find(({ alive }) => alive)
  if (holder === undefined) {
    const left = owners[0]
    if (left === undefined) return []
    return [ok('lock', `left by process ${left.pid}, which is gone; the next start takes it over`)]
  }
  if (running) return [ok('lock', `held by process ${holder.pid}`)]
  const mend = `Stop process ${holder.pid} if it hangs, or name its address with --url if it listens elsewhere.`
  return [warn('lock', `held by process ${holder.pid}, but no server answers`, mend)]
}

function checkDisk(path: string, logCapBytes: number): Finding {
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  const detail = `${gib(free)} free, the log may take ${gib(logCapBytes)}`
  const mend = 'Make room, or lower PENSTOCK_LOG_CAP_BYTES: senders should meet the cap, not a full disk.'
  if (free < LEAST_FREE_BYTES) return fail('disk', detail, mend)
  return free < logCapBytes ? warn('disk', detail, mend) : ok('disk', detail)
}

/** Whether the port could be taken. Only asked when no server of ours answers there. */
export async function checkPort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Finding> {
  const code = await new Promise<string | null>((done) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => done(null)))
  })
  if (code === null) return ok('port', `${host}:${port} is free`)
  const mend =
    code === 'EADDRINUSE'
      ? 'Another program has it: stop that one, or choose another port with --port or PENSTOCK_PORT.'
      : 'Choose another address (PENSTOCK_HOST) or port (PENSTOCK_PORT).'
  return fail('port', `${host}:${port} cannot be taken (${code})`, mend)
}

function nearestParent(path: string): string {
  const parent = dirname(path)
  return existsSync(parent) || parent === path ? parent : nearestParent(parent)
}

const gib = (bytes: number): string => `${(bytes / 1_073_741_824).toFixed(1)} GiB`
