// A small disk of its own for a test: a tmpfs that can be filled up and given room again. Needs the right to mount.
import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk {
  readonly path: string
  freeBytes(): number
  /** Takes room until at most this much is left; taken room is one file. */
  leave(bytes: number): void
  /** Gives the taken room back. */
  giveBack(): void
  unmount(): void
}

const MIB = 1_048_576

const isRoot = process.getuid?.() === 0
/** Runners of CI are no root, but sudo asks them for no password. */
const asRoot = (command: string, args: string[]) =>
  isRoot ? spawnSync(command, args) : spawnSync('sudo', ['-n', command, ...args])

/**
 * Mounts a new tmpfs of this user's at `path`; null when this user may not mount here, not even by sudo.
 * @throws with `CI=true` instead of null: no test is skipped there.
 */
export function mountSmallDisk(path: string, sizeMiB: number): SmallDisk | null {
  mkdirSync(path, { recursive: true })
  const owner = isRoot ? '' : `,uid=${process.getuid?.()},gid=${process.getgid?.()}`
  const mounted = asRoot('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755${owner}`, 'tmpfs', path])
  if (mounted.status !== 0) {
    if (process.env['CI'] === 'true') throw new Error('CI=true and a tmpfs cannot be mounted here')
    return null
  }
  const ballast = join(path, 'ballast')
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  }
  return {
    path,
    freeBytes,
    leave(bytes) {
      const file = openSync(ballast, 'a')
      try {
        for (let excess = freeBytes() - bytes; excess > 4096; excess = freeBytes() - bytes) {
          writeSync(file, Buffer.alloc(Math.min(excess, MIB)))
        }
        fsyncSync(file)
      } catch (error) {
        // The program took the rest at the same moment: then the disk is as full as was wanted.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    giveBack: () => rmSync(ballast, { force: true }),
    unmount: () => void asRoot('umount', ['-l', path]),
  }
}
