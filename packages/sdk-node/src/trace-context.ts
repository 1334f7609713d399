// Trace and span id of the active OpenTelemetry span, read where @opentelemetry/api 1.x registers itself for all copies of
// itself in a process. No import: nothing is loaded for those who do not use it, and bundlers have nothing to resolve.

interface OtelApi {
  context?: { active(): { getValue(key: symbol): unknown } }
}
interface Span {
  spanContext(): { traceId: string; spanId: string }
}

const API = Symbol.for('opentelemetry.js.api.1')
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN')
const NO_TRACE = '0'.repeat(32)

export interface Trace {
  readonly trace_id: string
  readonly span_id: string
}

/** Undefined without an active span. Never throws. */
export function activeTrace(): Trace | undefined {
  const api = (globalThis as Record<symbol, unknown>)[API] as OtelApi | undefined
  if (api?.context === undefined) return
  try {
    const span = api.context.active().getValue(SPAN) as Span | undefined
    const ids = span?.spanContext()
    if (ids === undefined || ids.traceId === NO_TRACE) return
    return { trace_id: ids.traceId, span_id: ids.spanId }
  } catch {
    return
  }
}
