// Request ids: unique per process start without asking the system for randomness on every request.
import { randomBytes } from 'node:crypto'

/** Returns a maker of ids such as `q3v9k2m1x0c4-1a`. */
export function createRequestIds(): () => string {
  const prefix = `${BigInt(`0x${randomBytes(8).toString('hex')}`).toString(36)}-`
  let count = 0
  return () => prefix + (++count).toString(36)
}
