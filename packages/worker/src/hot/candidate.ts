// One event as it was read from the log, before it is decided what becomes of it. What costs CPU is worked out when it is
// first needed and kept: most events are parsed exactly once, dropped copies never.
import { type ChunkEvent, decodeChunk } from '@penstock/contract/stream'
import {
  bytesHash,
  contentText,
  decodeEvent,
  PipelineError,
  type AcceptedEvent,
  type Identity,
  type LogMessage,
  type Position,
} from '@penstock/pipeline'
import type { WireEvent } from '@penstock/contract'

export interface Candidate extends Identity {
  position: Position
  logTime: number
  source: ChunkEvent
  hash: Uint8Array
  /** Filled in by `eventOf` and `contentOf`. */
  event: WireEvent | null
  content: string | null
}

/** @throws PipelineError `corrupt` when a stored chunk cannot be read. */
export function candidatesOf(partition: number, message: LogMessage): Candidate[] {
  return chunkEvents(message).map((source, idx) => ({
    projectId: source.projectId,
    eventId: source.eventId,
    position: { partition, seq: message.seq, idx },
    logTime: message.logTime,
    source,
    hash: bytesHash(source.bytes),
    event: null,
    content: null,
  }))
}

/** The events of a message; an unreadable chunk is the log's corruption, and the partition must stop. */
export function chunkEvents(message: LogMessage): ChunkEvent[] {
  try {
    return decodeChunk(message.chunk)
  } catch (cause) {
    throw new PipelineError('corrupt', 'log', `message ${message.seq} of the log cannot be read`, { cause })
  }
}

/** The event inside checked bytes; bytes that are no event are the log's corruption, too. */
export function readableEvent(bytes: Uint8Array, seq: number): WireEvent {
  try {
    return decodeEvent(bytes)
  } catch (cause) {
    throw new PipelineError('corrupt', 'log', `an event of message ${seq} of the log cannot be read`, {
      cause,
    })
  }
}

export function eventOf(candidate: Candidate): WireEvent {
  candidate.event ??= readableEvent(candidate.source.bytes, candidate.position.seq)
  return candidate.event
}

/** Canonical text of its content. */
export function contentOf(candidate: Candidate): string {
  candidate.content ??= contentText(eventOf(candidate))
  return candidate.content
}

export function acceptedOf(candidate: Candidate): AcceptedEvent {
  const { source } = candidate
  return {
    projectId: source.projectId,
    eventId: source.eventId,
    position: candidate.position,
    hash: candidate.hash,
    logTime: candidate.logTime,
    receivedAt: source.receivedAt,
    eventTime: source.eventTime,
    bytes: source.bytes,
    event: eventOf(candidate),
  }
}
