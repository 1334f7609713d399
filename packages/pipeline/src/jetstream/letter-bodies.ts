// Bodies of dead letters in a stream of their own, one subject per letter: written once each time it is opened, read and taken away by id.
import { jetstreamManager, PubHeaders } from '@nats-io/jetstream'
import { isPipelineError, PipelineError } from '../errors.ts'
import type { LetterBodies, LetterBody } from '../ports/letter-bodies.ts'
import { ask } from './ask.ts'
import { connectNats } from './connect-nats.ts'
import { API_CODES, mapNatsError } from './map-error.ts'
import { streamInfo, unsafe } from './migrate-jetstream.ts'
import { resolveLogOptions, type JetStreamLogOptions } from './options.ts'
import { publish } from './publish.ts'
import { openStreamAnswers } from './stream-answers.ts'
import { letterStream, letterSubject, unsafeSettings, wantedLetterStream } from './stream-config.ts'

/** Requests under way at once. */
const AT_ONCE = 16
const LETTER_ID = /^[A-Za-z0-9_-]{1,128}$/

/**
 * Opens the stream that `migrateJetStream` made. A connection of its own.
 * @throws PipelineError as `openJetStreamLog`.
 */
export async function openDeadLetterStream(options: JetStreamLogOptions): Promise<LetterBodies> {
  const { name, replicas, publishDeadlineMs, requestTimeoutMs } = resolveLogOptions(options)
  const nats = await connectNats(options)
  const stream = letterStream(name)
  const manager = await jetstreamManager(nats.connection, { timeout: requestTimeoutMs, checkAPI: false })
  const answers = openStreamAnswers(nats.connection)
  try {
    const found = await streamInfo(manager, stream)
    if (found === null)
      throw new PipelineError('unavailable', 'log', `Stream ${stream} is not there: migrate first.`)
    const problems = unsafeSettings(found.config, wantedLetterStream(name, found.config.max_bytes, replicas))
    if (problems.length > 0) throw unsafe(stream, problems)
  } catch (error) {
    await nats.close()
    throw mapNatsError(error, false)
  }

  const asked = <T>(question: () => Promise<T>): Promise<T> => ask(nats, requestTimeoutMs, question)

  async function putAgain({ id, body }: LetterBody): Promise<void> {
    await publish(nats, answers, { subject: subjectOf(name, id), data: body, headers: {} }, publishDeadlineMs)
  }

  async function put({ id, body }: LetterBody): Promise<void> {
    const nothingThere = { [PubHeaders.ExpectedLastSubjectSequenceHdr]: '0' }
    const message = { subject: subjectOf(name, id), data: body, headers: nothingThere }
    await publish(nats, answers, message, publishDeadlineMs).catch((error: unknown) => {
      // It is there: put before, or by an attempt of this very call.
      const there = isPipelineError(error) && error.driverCode === String(API_CODES.wrongLastSequence)
      if (!there) throw error
    })
  }

  return {
    async put(letters) {
      await inGroups(letters, put)
    },
    async putAgain(letters) {
      await inGroups(letters, putAgain)
    },
    get: (ids) =>
      inGroups(ids, (id) =>
        asked(async () => {
          const message = await manager.direct.getMessage(stream, { last_by_subj: subjectOf(name, id) })
          return message === null ? null : { body: message.data, place: message.seq }
        }),
      ),
    async remove(id, place) {
      const upTo = { filter: subjectOf(name, id), seq: place + 1 }
      await asked(() => manager.streams.purge(stream, upTo))
    },
    async fill() {
      const { state, config } = await asked(() => manager.streams.info(stream))
      return state.bytes / config.max_bytes
    },
    close: () => nats.close(),
  }
}

function subjectOf(name: string, id: string): string {
  if (!LETTER_ID.test(id))
    throw new PipelineError('rejected', 'log', 'A letter id must be 1-128 of [A-Za-z0-9_-].')
  return letterSubject(name, id)
}

async function inGroups<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))))
  }
  return results
}
