// One pair of listeners on the process for all clients in it, there only while there are clients.

export interface EndListener {
  /** The event loop is empty; work begun here keeps the process alive. May come several times. */
  naturally(): void
  /** The last moment; only synchronous work is possible. */
  finally(): void
}

const listeners = new Set<EndListener>()
const naturally = (): void => listeners.forEach((listener) => listener.naturally())
const atLast = (): void => listeners.forEach((listener) => listener.finally())

/** Returns how to stop listening. */
export function onProcessEnd(listener: EndListener): () => void {
  if (listeners.size === 0) process.on('beforeExit', naturally).on('exit', atLast)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) process.off('beforeExit', naturally).off('exit', atLast)
  }
}
