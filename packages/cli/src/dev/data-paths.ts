import { join } from 'node:path'

/** Where the parts of the data directory lie. A stored fact: renaming one loses what is in it. */
export function dataPaths(dataDir: string): { log: string; state: string; cold: string } {
  return { log: join(dataDir, 'log'), state: join(dataDir, 'state'), cold: join(dataDir, 'cold') }
}
