// What was tried and what was answered, in an append-only file. A try is on the disk before the request leaves, an answer
// before the run builds on it: after any crash, of the run too, the file knows at least what the program was told.
// Writers share a sync (one fdatasync for all lines that wait). Lines are JSON; `readAccount` reads them back.
import { open, type FileHandle } from 'node:fs/promises'

/** How a body came to the program. */
export type Road = 'ingest' | 'import' | 'replay'

/** One entry of a body: which event, which content, how spelled. `variant` −1 … −6: spoilt on purpose, must be refused. */
export interface Entry {
  number: number
  variant: number
  spelling: number
}

export interface Ledger {
  /** Resolves, with the number of the send, when the try is on the disk. */
  tried(road: Road, entries: readonly Entry[]): Promise<number>
  /** The program accepted the send, but for these indexes of it. */
  answered(send: number, acceptedAt: string, rejected: readonly number[]): Promise<void>
  /** No acceptance: refused, unavailable or cut off. For the record only. */
  failed(send: number, why: string): void
  /** Something worth knowing afterwards: a kill, a start. */
  note(what: string, detail: Readonly<Record<string, string | number | boolean | null>>): void
  /** Syncs and closes; nothing may be tried after it. Closing again does nothing. */
  close(): Promise<void>
}

/** Starts a new ledger; throws when the file exists. */
export async function createLedger(
  path: string,
  header: { seed: number; baseTime: number },
): Promise<Ledger> {
  const file = await open(path, 'ax')
  let waiting: string[] = [`${JSON.stringify({ k: 'start', ...header })}\n`]
  let flushing: Promise<void> | null = null
  let sends = 0
  let closed = false

  const flush = (): Promise<void> => {
    // A flush under way has taken its lines already: ours go with the next one.
    flushing = (flushing ?? Promise.resolve()).then(async () => {
      if (waiting.length === 0) return
      const lines = waiting.join('')
      waiting = []
      await writeAll(file, lines)
    })
    return flushing
  }
  const put = (line: unknown) => void waiting.push(`${JSON.stringify(line)}\n`)

  return {
    async tried(road, entries) {
      const send = ++sends
      put({
        k: 'try',
        s: send,
        r: road,
        e: entries.flatMap((entry) => [entry.number, entry.variant, entry.spelling]),
      })
      await flush()
      return send
    },
    async answered(send, acceptedAt, rejected) {
      put({ k: 'ans', s: send, at: acceptedAt, rej: rejected })
      await flush()
    },
    failed: (send, why) => put({ k: 'fail', s: send, why }),
    note: (what, detail) => put({ k: 'note', what, ...detail }),
    async close() {
      if (closed) return
      closed = true
      await flush()
      await file.close()
    },
  }
}

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
  await file.datasync()
}
