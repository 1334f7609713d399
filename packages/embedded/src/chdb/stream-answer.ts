// Answers in line formats, piece by piece. The first piece is fetched before the answer is given, so that a query that fails at
// once rejects instead of breaking a stream. At most one piece is held: the engine waits when nobody reads.
// chdb plans a streamed query on the calling thread, scalar subqueries included: a streamed SELECT should have none that is dear.
import { Readable } from 'node:stream'
import type { Session, StreamChunk } from 'chdb'
import { engineError } from './engine-error.ts'

const FORMAT = /\bFORMAT (\w+)\s*$/
const NEWLINE = 10

/** One line per row: the engine makes each piece with the same format, so pieces can be joined. */
export const isStreamable = (sql: string): boolean => (FORMAT.exec(sql)?.[1] ?? '').includes('EachRow')

/** An answer on its way. */
export interface Answer {
  stream: Readable
  /** Lets the session go, after `stream` has closed. */
  release?: () => Promise<void>
}

export async function streamAnswer(session: Session, sql: string): Promise<Answer> {
  const format = FORMAT.exec(sql)?.[1] ?? ''
  const headerLines = format.endsWith('NamesAndTypes') ? 2 : format.endsWith('Names') ? 1 : 0
  const pieces = session.queryStream(sql, { format })[Symbol.asyncIterator]()
  const first = await pieces.next()
  return {
    stream: Readable.from(joined(first, pieces, headerLines), { objectMode: false, highWaterMark: 1 }),
    // Waits for a fetch under way, too; a destroyed Readable does not finish a generator that it never started.
    release: async () => {
      await pieces.return?.()
    },
  }
}

// Each piece comes with a header of its own; only the first one's is passed on.
async function* joined(
  first: IteratorResult<StreamChunk>,
  pieces: AsyncIterator<StreamChunk>,
  headerLines: number,
): AsyncGenerator<Buffer> {
  try {
    if (first.done === true) return
    yield bytesOf(first.value)
    for (;;) {
      const next = await pieces.next()
      if (next.done === true) return
      yield withoutLines(bytesOf(next.value), headerLines)
    }
  } catch (error) {
    throw engineError(error)
  }
}

function bytesOf(chunk: StreamChunk): Buffer {
  const raw = chunk.raw()
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
}

function withoutLines(bytes: Buffer, lines: number): Buffer {
  let start = 0
  for (let line = 0; line < lines; line++) start = bytes.indexOf(NEWLINE, start) + 1
  return bytes.subarray(start)
}
