// Request bodies from the crowd's events, with copies of earlier events among them: in the same body, in the next one, or
// much later, as retries and impatient senders make them.
import { gzipSync } from 'node:zlib'
import type { Crowd, MadeEvent } from './crowd.ts'
import { createRandom } from './random.ts'

const REMEMBERED = 20_000

export interface Body {
  bytes: Buffer
  events: number
  /** The events that were not sent before; the others are copies. */
  fresh: MadeEvent[]
}

export interface BodySource {
  next(events: number): Body
}

export function createBodySource(
  crowd: Crowd,
  options: { duplicates: number; gzip: boolean; seed: string },
): BodySource {
  const random = createRandom(`copies ${options.seed}`)
  const earlier: string[] = []
  let made = 0

  const remember = (text: string): void => {
    earlier[made % REMEMBERED] = text
    made += 1
  }
  return {
    next(events) {
      const fresh: MadeEvent[] = []
      const texts: string[] = []
      for (let index = 0; index < events; index++) {
        if (made > 0 && random.chance(options.duplicates)) {
          texts.push(earlier[random.below(Math.min(made, REMEMBERED))] as string)
          continue
        }
        const event = crowd.next()
        fresh.push(event)
        texts.push(event.text)
        remember(event.text)
      }
      const plain = Buffer.from(`[${texts.join(',')}]`)
      return { bytes: options.gzip ? gzipSync(plain, { level: 1 }) : plain, events, fresh }
    },
  }
}
