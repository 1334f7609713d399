export { createWorker } from './worker.ts'
export type { Worker } from './worker.ts'
export type { WorkerDeps, WorkerOptions } from './options.ts'
