import cassandra from 'cassandra-driver'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '../errors.ts'
import { mapCqlError, type RequestKind } from './map-error.ts'

const { errors } = cassandra
const response = (code: number) => new errors.ResponseError(code, 'said the server')
const noHost = (inner: Record<string, unknown>) => new errors.NoHostAvailableError(inner)
const withCode = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

describe('mapCqlError', () => {
  it.each<[string, unknown, RequestKind, string, string]>([
    ['write time-out', response(0x1100), 'write', 'outcome_unknown', 'write_timeout'],
    ['write failure', response(0x1500), 'write', 'outcome_unknown', 'write_failure'],
    ['undecided lightweight transaction', response(0x1700), 'write', 'outcome_unknown', 'cas_write_unknown'],
    ['read time-out', response(0x1200), 'read', 'unavailable', 'read_timeout'],
    [
      'read time-out inside a lightweight transaction',
      response(0x1200),
      'write',
      'outcome_unknown',
      'read_timeout',
    ],
    ['read failure', response(0x1300), 'read', 'unavailable', 'read_failure'],
    ['too few replicas', response(0x1000), 'write', 'unavailable', 'unavailable'],
    ['overloaded', response(0x1001), 'write', 'overloaded', 'overloaded'],
    ['bootstrapping', response(0x1002), 'read', 'unavailable', 'bootstrapping'],
    ['server error on a write', response(0x0000), 'write', 'outcome_unknown', 'server_error'],
    ['server error on a read', response(0x0000), 'read', 'unavailable', 'server_error'],
    ['missing table', response(0x2200), 'read', 'unavailable', 'invalid'],
    ['missing grant', response(0x2100), 'write', 'unavailable', 'unauthorized'],
    ['wrong password', new errors.AuthenticationError('no'), 'read', 'unavailable', 'bad_credentials'],
    ['a code nobody knows', response(0x7777), 'write', 'unavailable', 'code_30583'],
    [
      'no answer to a write',
      new errors.OperationTimedOutError('late'),
      'write',
      'outcome_unknown',
      'no_answer',
    ],
    ['no answer to a read', new errors.OperationTimedOutError('late'), 'read', 'unavailable', 'no_answer'],
    ['full connections', new errors.BusyConnectionError('h', 1, 1), 'write', 'overloaded', 'connection_busy'],
    ['a socket that broke', withCode('ECONNRESET'), 'write', 'outcome_unknown', 'ECONNRESET'],
    ['hosts that are down', noHost({ a: 'Host considered as DOWN' }), 'write', 'unavailable', 'no_host'],
    ['nobody listening', noHost({ a: withCode('ECONNREFUSED') }), 'write', 'unavailable', 'no_host'],
    [
      'a request never written',
      noHost({ a: withCode('EPIPE', { requestNotWritten: true }) }),
      'write',
      'unavailable',
      'no_host',
    ],
    [
      'a write lost on one host, the other down',
      noHost({ a: 'down', b: withCode('ECONNRESET') }),
      'write',
      'outcome_unknown',
      'ECONNRESET',
    ],
    [
      'hosts without a free connection',
      noHost({ a: new errors.BusyConnectionError('h', 1, 1) }),
      'write',
      'overloaded',
      'connection_busy',
    ],
    ['something else', new Error('?'), 'write', 'outcome_unknown', 'unknown'],
  ])('%s', (...[, error, request, kind, driverCode]) => {
    const mapped = mapCqlError(error, 'state', request)
    expect(mapped).toMatchObject({ name: 'PipelineError', kind, driverCode, store: 'state', cause: error })
    expect(mapped.retryable).toBe(true)
    expect(mapped.message).not.toContain('said the server')
  })

  it('leaves our own errors alone', () => {
    const own = new PipelineError('fenced', 'state', 'held by another')
    expect(mapCqlError(own, 'hot', 'write')).toBe(own)
  })
})
