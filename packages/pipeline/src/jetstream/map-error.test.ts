import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '../errors.ts'
import { mapNatsError } from './map-error.ts'

const answered = (err_code: number, description = ''): JetStreamApiError =>
  new JetStreamApiError({ code: 503, err_code, description })

describe('errors of NATS', () => {
  it.each<[what: string, error: Error, kind: string]>([
    ['the stream is at its cap', answered(10077, 'maximum bytes exceeded'), 'full'],
    ['the disk is full', answered(10077, 'write /data/1.blk: no space left on device'), 'full'],
    ['a write failed otherwise', answered(10077, 'input/output error'), 'outcome_unknown'],
    ['the server has no room', answered(10023), 'full'],
    ['the message is too large', answered(10054), 'rejected'],
    ['another message stands there', answered(10071), 'rejected'],
    ['an answer that nobody knows yet', answered(19_999), 'unavailable'],
    [
      'nobody listened',
      new errors.RequestError('', { cause: new errors.NoRespondersError('x') }),
      'unavailable',
    ],
    ['no answer in time', new errors.TimeoutError(), 'outcome_unknown'],
    ['the connection broke', new errors.ClosedConnectionError(), 'outcome_unknown'],
  ])('%s: %s', (_, error, kind) => {
    expect(mapNatsError(error, true)).toMatchObject({ name: 'PipelineError', kind, store: 'log' })
  })

  it('is unavailable when nothing was sent', () => {
    expect(mapNatsError(new errors.TimeoutError(), false).kind).toBe('unavailable')
  })

  it('lets our own errors through', () => {
    const own = new PipelineError('corrupt', 'log', 'x')
    expect(mapNatsError(own, true)).toBe(own)
  })
})
