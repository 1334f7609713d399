// A gateway's own heap is small and what passes through it is buffers, which V8 counts with the heap they hang on: it collects all of it
// whenever the sum has grown by about a half, several times a second under load, and finds the same small heap each time.
import { setFlagsFromString } from 'node:v8'

/**
 * Lets the heap, buffers included, become three times what the last full collection left before the next one; V8's own bounds of a
 * process (container, `--max-old-space-size`) still hold. Works from the next collection on. For a process whose heap is small beside
 * its buffers; see docs/decisions/0014-fewer-collections.md.
 */
export function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=200')
}
