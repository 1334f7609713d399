// Open while the program answers. Writers wait at it, so that a run spends its time on work and not on refused connections;
// a send that is under way when the program dies is cut off all the same.

export interface Gate {
  open(): void
  close(): void
  /** Resolves at once while open. */
  whenOpen(): Promise<void>
}

export function createGate(): Gate {
  let release: (() => void) | null = null
  let opened: Promise<void> | null = null
  const close = () => {
    opened ??= new Promise<void>((resolve) => (release = resolve))
  }
  close()
  return {
    close,
    open() {
      release?.()
      release = null
      opened = null
    },
    whenOpen: () => opened ?? Promise.resolve(),
  }
}
