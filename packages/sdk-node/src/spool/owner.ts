// Whose a folder of the spool is, and whether that process is gone. On the same machine (same boot, same pid namespace) the pid
// and its start time decide; a pid that was given to another process is no living owner. Otherwise (containers or machines on
// one volume, no /proc) the owner's lock file must have been touched in the last minute. A wrong guess costs copies, never events: ids
// are stable.
import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

export const HEARTBEAT_MS = 15_000
const STALE_MS = 60_000
export const LOCK_SUFFIX = '.lock'

interface Lock {
  pid: number
  /** Clock ticks from boot to the process's start; '' where that cannot be known. */
  start: string
  /** Machine, boot and pid namespace: pids mean the same where this is the same. */
  place: string
}

/** A new owner's name; folders of the owner begin with it. */
export const newOwner = (): string => `${process.pid}-${randomBytes(6).toString('hex')}`

/** Announces the owner. Throws what the file system throws. */
export function lockOwner(root: string, owner: string): void {
  const lock: Lock = { pid: process.pid, start: processStart(process.pid), place: place() }
  writeFileSync(join(root, owner + LOCK_SUFFIX), JSON.stringify(lock))
}

/** Says that the owner lives. Never throws. */
export function touchLock(root: string, owner: string): void {
  try {
    const now = new Date()
    utimesSync(join(root, owner + LOCK_SUFFIX), now, now)
  } catch {
    // Removed by somebody who thought us dead: our events live in memory, too.
  }
}

export function isAlive(root: string, owner: string): boolean {
  const path = join(root, owner + LOCK_SUFFIX)
  let lock: Partial<Lock> = {}
  let touchedMs = 0
  try {
    touchedMs = statSync(path).mtimeMs
    lock = JSON.parse(readFileSync(path, 'utf8')) as Partial<Lock>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    // Half written: its owner is starting, or died doing so.
  }
  if (lock.place === place() && typeof lock.pid === 'number') {
    if (lock.start !== processStart(lock.pid) || !runs(lock.pid)) return false
    if (lock.start !== '') return true
  }
  return Math.abs(Date.now() - touchedMs) < STALE_MS
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** '' without /proc, or when there is no such process. A zombie has none. */
function processStart(pid: number): string {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // proc_pid_stat(5): behind the command's bracket stand the state (field 3) … the start time (field 22).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '')
}

function place(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'))
  return `${hostname()} ${boot} ${namespace}`
}

function read(from: () => string): string {
  try {
    return from()
  } catch {
    return ''
  }
}
