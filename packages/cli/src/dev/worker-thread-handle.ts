// The gateway's end of the worker's thread: starts it, asks it for its metrics, stops it, and says when it died.
import { Worker } from 'node:worker_threads'
import { deferred } from './deferred.ts'
import { createHeartbeat, isBeating } from './heartbeat.ts'
import type { FromWorker, ToWorker, WorkerThreadData } from './worker-protocol.ts'

const METRICS_TIMEOUT_MS = 2000

export interface WorkerThread {
  /** Resolves when it processes events; rejects when it could not start. */
  ready: Promise<void>
  /** Resolves with the reason when the thread fails, which it survives, or ends without having been told to. */
  died: Promise<Error>
  /** Prometheus text; empty when the thread does not answer in time. */
  metrics(): Promise<string>
  alive(): boolean
  /** Lets it finish its step and close its stores. Resolves when the thread is gone. */
  stop(): Promise<void>
}

export function startWorkerThread(
  file: URL,
  data: Omit<WorkerThreadData, 'heartbeat'>,
  clock: () => number,
): WorkerThread {
  const heartbeat = createHeartbeat()
  const worker = new Worker(file, { workerData: { ...data, heartbeat } satisfies WorkerThreadData })
  const asked = new Map<number, (text: string) => void>()
  let lastId = 0
  let stopping = false
  const ready = deferred<undefined>()
  const died = deferred<Error>()
  const gone = deferred<undefined>()
  let reason: Error | null = null
  const fail = (error: Error) => {
    reason ??= error
    ready.reject(error)
  }
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'ready') ready.resolve(undefined)
    else if (message.kind === 'metrics') asked.get(message.id)?.(message.text)
    else if (message.kind === 'failed') {
      fail(failure(message))
      if (!stopping) died.resolve(reason as Error)
    }
  })
  worker.on('error', fail)
  worker.on('exit', (code) => {
    fail(new Error(`the worker's thread ended with ${code}`))
    for (const answer of asked.values()) answer('')
    if (!stopping) died.resolve(reason as Error)
    gone.resolve(undefined)
  })
  ready.promise.catch(() => undefined) // whoever awaits it hears of it; nobody may be there yet
  const send = (message: ToWorker): void => worker.postMessage(message)

  return {
    ready: ready.promise,
    died: died.promise,
    alive: () => isBeating(heartbeat, clock()),
    metrics: async () => {
      const id = (lastId += 1)
      const answer = new Promise<string>((resolve) => asked.set(id, resolve))
      const timer = setTimeout(() => asked.get(id)?.(''), METRICS_TIMEOUT_MS)
      send({ kind: 'metrics', id })
      const text = await answer
      clearTimeout(timer)
      asked.delete(id)
      return text
    },
    stop: async () => {
      stopping = true
      send({ kind: 'stop' })
      await gone.promise
    },
  }
}

function failure(message: { message: string; stack?: string }): Error {
  const error = new Error(message.message)
  if (message.stack !== undefined) error.stack = message.stack
  return error
}
