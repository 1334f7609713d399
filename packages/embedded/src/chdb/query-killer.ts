// Ends queries inside the engine. Rejecting a promise does not: the engine would go on and hold its session and the cores.
import { threadId } from 'node:worker_threads'
import type { Session } from 'chdb'

const RETRY_MS = 50

let lastNumber = 0

/** A comment in front of a query by which it is found again, in this process and all of its threads. */
export const queryMark = (): string => `/* penstock-${threadId}-${(lastNumber += 1)} */ `

export interface QueryKiller {
  /** Tells the engine to end the query until `ended` has settled. Never rejects. */
  kill(mark: string, ended: Promise<unknown>): Promise<void>
  /** Waits for what is under way. */
  close(): Promise<void>
}

export function createQueryKiller(open: () => Session): QueryKiller {
  let session: Session | undefined
  let last: Promise<unknown> = Promise.resolve()

  // ASYNC: the other form waits inside the engine and hangs. A query that has not begun yet is not found: ask again.
  async function killUntil(mark: string, isOver: () => boolean, over: Promise<unknown>): Promise<void> {
    while (!isOver()) {
      session ??= open()
      const sql = `KILL QUERY WHERE startsWith(query, '${mark}') ASYNC FORMAT Null`
      await session.queryAsync(sql).catch(() => undefined)
      let timer: NodeJS.Timeout | undefined
      await Promise.race([over, new Promise((resolve) => (timer = setTimeout(resolve, RETRY_MS)))])
      clearTimeout(timer)
    }
  }

  return {
    async kill(mark, ended) {
      let isOver = false
      const over = ended.then(
        () => (isOver = true),
        () => (isOver = true),
      )
      last = last.then(() => killUntil(mark, () => isOver, over))
      await last
    },
    async close() {
      await last
      session?.close()
    },
  }
}
