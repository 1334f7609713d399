// While somebody awaits us, the process stays alive; our own timers never keep it.

/** The same promise; until it settles, the event loop has something to wait for. */
export function keepAlive<T>(promise: Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, 1 << 30)
  return promise.finally(() => clearInterval(hold))
}
