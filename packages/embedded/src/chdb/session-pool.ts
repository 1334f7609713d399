// Sessions of the engine with one set of settings, lent out one query at a time. A session runs one query at once, and settings
// stick to it (`readonly` for ever), so a pool never mixes settings and a query never shares a session.
import type { Session } from 'chdb'

export interface SessionPool {
  /** Waits in line for a free session. Rejects with the signal's reason when it aborts first, or when the pool is closed. */
  acquire(signal?: AbortSignal): Promise<Session>
  /** Gives it back; a broken one is closed and replaced when needed. */
  release(session: Session, broken: boolean): void
  /** Lets nobody in any more, waits until every session has come back, and closes them. */
  close(): Promise<void>
}

interface Waiter {
  resolve: (session: Session) => void
  reject: (error: Error) => void
}

/** @param open - makes a session with its settings applied */
export function createSessionPool(open: () => Promise<Session>, size: number): SessionPool {
  const idle: Session[] = []
  const waiting: Waiter[] = []
  let lent = 0
  let closed = false
  let onEmpty: (() => void) | undefined

  const isClosed = (): Error => new Error('the ClickHouse sessions are closed')

  function serve(): void {
    while (waiting.length > 0 && lent < size) {
      const waiter = waiting.shift()!
      lent += 1
      const session = idle.pop()
      if (session !== undefined) waiter.resolve(session)
      else
        open().then(waiter.resolve, (error: unknown) => {
          waiter.reject(error as Error)
          given()
        })
    }
  }

  function given(): void {
    lent -= 1
    if (lent === 0) onEmpty?.()
    serve()
  }

  return {
    acquire(signal) {
      if (closed) return Promise.reject(isClosed())
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          resolve(session) {
            signal?.removeEventListener('abort', abort)
            resolve(session)
          },
          reject(error) {
            signal?.removeEventListener('abort', abort)
            reject(error)
          },
        }
        const abort = (): void => {
          const place = waiting.indexOf(waiter)
          if (place < 0) return // has its session by now; the query itself is ended by its caller
          waiting.splice(place, 1)
          waiter.reject(signal?.reason as Error)
        }
        if (signal?.aborted === true) {
          reject(signal.reason as Error)
          return
        }
        signal?.addEventListener('abort', abort, { once: true })
        waiting.push(waiter)
        serve()
      })
    },

    release(session, broken) {
      if (broken || closed) session.close()
      else idle.push(session)
      given()
    },

    async close() {
      closed = true
      for (const waiter of waiting.splice(0)) waiter.reject(isClosed())
      if (lent > 0) await new Promise<void>((resolve) => (onEmpty = resolve))
      for (const session of idle.splice(0)) session.close()
    },
  }
}
