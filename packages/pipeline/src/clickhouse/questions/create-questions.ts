import type { ColdReader } from '../../ports/cold-store.ts'
import type { Questions } from '../../ports/questions.ts'
import { activeUsers } from './active-users.ts'
import { exportEvents } from './export-events.ts'
import { retention } from './retention.ts'
import { topEvents } from './top-events.ts'

/**
 * Answers product questions from the tables `events_v1` and `links_v1` with plain reads. Stateless: links are read with every
 * question, so an answer is never older than the store. Calls may be concurrent, as far as the reader allows; the caller
 * closes the reader.
 */
export function createClickHouseQuestions(reader: ColdReader): Questions {
  return {
    activeUsers: (input, context) => activeUsers(reader, input, context),
    topEvents: (input, context) => topEvents(reader, input, context),
    retention: (input, context) => retention(reader, input, context),
    exportEvents: (input, context) => exportEvents(reader, input, context),
  }
}
