// Which server a command talks to, and with which keys: flags first, then the same environment variables the server reads,
// then the defaults of a server on this machine.
import { readEnvironment } from '../config/environment.ts'
import { isLoopback } from '../config/loopback.ts'
import { VARIABLES, type VariableName } from '../config/variables.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

export interface TargetFlags {
  url?: string
  project?: string
  adminKey?: string
  writeKey?: string
  readKey?: string
}

export interface Target {
  /** Without a slash at the end. */
  url: string
  project: string
  writeKey: string
  readKey: string
  adminKey: string
  loopback: boolean
}

/** Throws `CommandError` (64) when the URL is none. */
export function resolveTarget(flags: TargetFlags): Target {
  const environment = readEnvironment()
  const setting = (name: VariableName): string => environment[name] ?? VARIABLES[name].fallback ?? ''
  const url = flags.url ?? defaultUrl(setting('PENSTOCK_HOST'), setting('PENSTOCK_PORT'))
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new CommandError(
      EXIT.usage,
      `--url ${url} is no http(s) URL`,
      'It looks like http://127.0.0.1:4180.',
    )
  }
  return {
    url: url.replace(/\/+$/, ''),
    project: flags.project ?? setting('PENSTOCK_PROJECT'),
    writeKey: flags.writeKey ?? setting('PENSTOCK_WRITE_KEY'),
    readKey: flags.readKey ?? setting('PENSTOCK_READ_KEY'),
    adminKey: flags.adminKey ?? setting('PENSTOCK_ADMIN_KEY'),
    loopback: isLoopback(parsed.hostname),
  }
}

// Kubernetes sets PENSTOCK_PORT to a URL; a wildcard address is reached through loopback.
function defaultUrl(host: string, port: string): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const number = /^\d+$/.test(port) ? port : VARIABLES.PENSTOCK_PORT.fallback
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${number}`
}
