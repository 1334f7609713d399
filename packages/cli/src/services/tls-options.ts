import { readFileSync } from 'node:fs'
import type { TlsFiles } from '../config/service-config.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT } from '../terminal/exit-code.ts'

export interface TlsOptions {
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
}

/** The files' contents; null when none is named. Throws `CommandError` (64) when one cannot be read. */
export function tlsOptions({ ca, cert, key }: TlsFiles): TlsOptions | null {
  if (ca === null && cert === null) return null
  return {
    ...(ca === null ? {} : { ca: read(ca) }),
    ...(cert === null ? {} : { cert: read(cert) }),
    ...(key === null ? {} : { key: read(key) }),
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new CommandError(EXIT.usage, `${path} cannot be read: ${(error as Error).message}`)
  }
}
