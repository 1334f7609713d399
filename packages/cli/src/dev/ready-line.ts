// The one line that `penstock dev` writes to standard output, when events are accepted. Programs read it, too: it begins with
// the word `ready` and goes on with `name=value` pairs, or is one JSON object with the same names.
import type { Config } from '../config/options.ts'

export interface Ready {
  url: string
  docs: string
  project: string
  write_key: string
  read_key: string
  admin_key: string
  pid: number
}

export function readyFacts(url: string, config: Config): Ready {
  return {
    url,
    docs: `${url}/docs`,
    project: config.project,
    write_key: config.writeKey,
    read_key: config.readKey,
    admin_key: config.adminKey,
    pid: process.pid,
  }
}

/** Ends with a line feed. */
export function readyLine(ready: Ready, json: boolean): string {
  if (json) return `${JSON.stringify({ ready: true, ...ready })}\n`
  const pairs = Object.entries(ready).map(([name, value]) => `${name}=${String(value)}`)
  return `ready ${pairs.join(' ')}\n`
}
