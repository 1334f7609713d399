// The engine's errors as `@clickhouse/client` throws them, so that the pipeline's one translation fits both.
import { ClickHouseError } from '@clickhouse/client'

// Anchored: the text after the code may quote a caller's data.
const CODE = /^Code: (\d+)\./
const TYPE = /\(([A-Z][A-Z0-9_]+)\)\s*$/

/** A ClickHouseError when the engine spoke, the error itself otherwise. */
export function engineError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const code = CODE.exec(error.message)?.[1]
  if (code === undefined) return error
  const type = TYPE.exec(error.message)?.[1]
  const mapped = new ClickHouseError({
    message: error.message,
    code,
    ...(type === undefined ? {} : { type }),
  })
  mapped.cause = error
  return mapped
}
