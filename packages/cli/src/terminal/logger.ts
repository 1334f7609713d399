// The program's log: JSON lines (pino) to standard error, or readable ones when that is a terminal. Written synchronously, so
// that the last lines before a crash are there; both threads write whole lines to the same file descriptor.
import { writeSync } from 'node:fs'
import { pino, type Logger } from 'pino'
import { prettyLine } from './pretty-line.ts'

const STDERR = 2

/** `thread` tells the gateway's lines from the worker's. */
export function createLogger(options: { level: string; thread: string; pretty: boolean }): Logger {
  const destination = {
    write: (line: string) => writeFully(options.pretty ? prettyLine(line) : line),
  }
  return pino(
    { level: options.level, base: { thread: options.thread }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
}

function writeFully(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(STDERR, bytes, at)
    } catch (error) {
      // A pipe whose reader is behind; losing the line is worse than waiting a moment. Anything else: nobody listens.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
