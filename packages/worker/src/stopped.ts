/** Thrown through a stage that was asked to stop while a store did not answer. Nothing is wrong with the data. */
export class WorkerStoppedError extends Error {
  override readonly name = 'WorkerStoppedError'
  constructor() {
    super('the worker was stopped')
  }
}
