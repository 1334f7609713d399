// Files that this command owns: each is there whole or not at all, and one whose text is right is not touched.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** null when it is not there. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Returns whether it wrote. Durable when it returns, its directory included. */
export function putFile(path: string, text: string, mode: number): boolean {
  if (readText(path) === text) return false
  const directory = dirname(path)
  mkdirSync(directory, { recursive: true })
  const part = `${path}.part`
  rmSync(part, { force: true }) // of a run that was killed; its mode may be another one
  writeSynced(part, text, mode)
  renameSync(part, path)
  syncDirectory(directory)
  return true
}

function writeSynced(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
