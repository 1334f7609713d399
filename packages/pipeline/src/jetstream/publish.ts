// One message into a stream: repeated until it is acknowledged or its deadline passes, always under one message id, so that the
// server stores it once. Says whether a failed one can be there.
import { setTimeout as sleep } from 'node:timers/promises'
import { PubHeaders } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import { PipelineError, type PipelineErrorKind } from '../errors.ts'
import type { Nats } from './connect-nats.ts'
import { mapNatsError } from './map-error.ts'
import type { StreamAnswers } from './stream-answers.ts'

const ATTEMPT_TIMEOUT_MS = 3_000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000

export interface Publication {
  subject: string
  data: Uint8Array
  headers: Readonly<Record<string, string>>
}

/**
 * Resolves with the sequence once the server has stored the message.
 * @throws PipelineError `unavailable` or `full` when it certainly was not stored, `outcome_unknown` when it may have been,
 * `rejected` (with the server's code, also when what its headers expect is not so).
 */
export async function publish(
  nats: Nats,
  answers: StreamAnswers,
  message: Publication,
  deadlineMs: number,
): Promise<number> {
  const deadline = performance.now() + deadlineMs
  const { subject, data } = message
  const sent = headers()
  for (const [name, value] of Object.entries(message.headers)) sent.append(name, value)
  sent.append(PubHeaders.MsgIdHdr, answers.newMessageId())
  let mayBeThere = false
  let last: PipelineError | null = null
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    // What is sent into a broken connection may be sent when it stands again: rather wait, and know that nothing was sent.
    await nats.untilConnected(deadline - performance.now())
    const left = deadline - performance.now()
    if (left <= 0 || nats.connection.isClosed()) break
    if (nats.connected()) {
      try {
        return await nats.whileConnected(() =>
          answers.publish({ subject, data, headers: sent }, Math.min(left, ATTEMPT_TIMEOUT_MS)),
        )
      } catch (error) {
        last = mapNatsError(error, true)
        if (last.kind === 'outcome_unknown') mayBeThere = true
        else if (last.kind !== 'unavailable') throw settled(last, mayBeThere)
      }
    }
    await sleep(Math.max(0, Math.min(pauseMs, deadline - performance.now())))
  }
  throw failure(
    mayBeThere ? 'outcome_unknown' : 'unavailable',
    'The log did not take the message in time.',
    last,
  )
}

// An earlier attempt may have been stored although a later one is refused.
const settled = (error: PipelineError, mayBeThere: boolean): PipelineError =>
  mayBeThere ? failure('outcome_unknown', error.message, error) : error

function failure(kind: PipelineErrorKind, message: string, cause: PipelineError | null): PipelineError {
  if (cause === null) return new PipelineError(kind, 'log', message)
  const { driverCode } = cause
  return new PipelineError(kind, 'log', message, {
    cause,
    ...(driverCode === undefined ? {} : { driverCode }),
  })
}
