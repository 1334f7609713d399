// Rows for the cold store's contract suites: small, deterministic.
import type { ColdInsert, ColdLink, ColdRow } from './cold-store.ts'
import { SAMPLE_TIME, sampleId } from './sample-events.ts'

export function sampleColdRow(n: number, change: Partial<ColdRow> = {}): ColdRow {
  return {
    projectId: 'p',
    eventId: sampleId(n),
    type: 'track',
    name: 'Sampled',
    event: 'Sampled',
    pageName: null,
    eventTime: SAMPLE_TIME + n,
    receivedAt: SAMPLE_TIME + 7,
    originalTimestamp: null,
    userId: 'u',
    anonymousId: '',
    previousId: '',
    groupId: '',
    sessionId: null,
    seq: null,
    properties: '',
    traits: '',
    context: '',
    ...change,
  }
}

export function sampleColdLink(n: number, change: Partial<ColdLink> = {}): ColdLink {
  return {
    projectId: 'p',
    anonymousId: `a${n}`,
    userId: 'u',
    eventTime: SAMPLE_TIME + n,
    eventId: sampleId(n),
    ...change,
  }
}

/** An insert of a batch; the attempt is the batch's first unless it is told. */
export const sampleInsert = (batch: string, change: Partial<ColdInsert> = {}): ColdInsert => ({
  batch,
  attemptToken: `${batch}-1`,
  partition: 0,
  epoch: 1,
  ...change,
})
