// Counts requests: route × method × status, and how long they took. Plain numbers on the request's way; prom-client only sees
// them when somebody asks. Labels come from fixed lists: routes as they are registered, known methods, statuses we send.
import type { Counter, Histogram, Registry } from 'prom-client'

export interface RequestMetrics {
  /** `route`: the pattern, or `other`. `startedAt`: of `performance.now()`; 0 when the request never got that far. */
  observe(route: string, method: string, status: number, startedAt: number): void
}

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30]
const METHODS = new Set(['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT', 'PATCH'])

interface Series {
  route: string
  method: string
  statuses: Map<number, number>
  buckets: number[]
  sum: number
  count: number
}

export function createRequestMetrics(registry: Registry): RequestMetrics {
  const byRoute = new Map<string, Map<string, Series>>()

  function seriesOf(route: string, method: string): Series {
    const methods = byRoute.get(route) ?? new Map<string, Series>()
    byRoute.set(route, methods)
    const label = METHODS.has(method) ? method : 'other'
    const series = methods.get(label) ?? {
      route,
      method: label,
      statuses: new Map<number, number>(),
      buckets: BUCKETS_SECONDS.map(() => 0),
      sum: 0,
      count: 0,
    }
    methods.set(label, series)
    return series
  }

  const all = () => [...byRoute.values()].flatMap((methods) => [...methods.values()])
  register(
    registry,
    { name: 'penstock_http_requests_total', type: 'counter', help: 'Requests answered.' },
    () =>
      all().flatMap(({ route, method, statuses }) =>
        [...statuses].map(([status, value]) => ({
          labels: { route, method, status: String(status) },
          value,
        })),
      ),
  )
  const name = 'penstock_http_request_duration_seconds'
  register(registry, { name, type: 'histogram', help: 'Time from the headers to the answer.' }, () =>
    all().flatMap((series) => histogramValues(name, series)),
  )

  return {
    observe(route, method, status, startedAt) {
      const series = byRoute.get(route)?.get(method) ?? seriesOf(route, method)
      series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1)
      const seconds = startedAt === 0 ? 0 : (performance.now() - startedAt) / 1000
      series.sum += seconds
      series.count++
      for (let index = 0; index < BUCKETS_SECONDS.length; index++) {
        if (seconds <= (BUCKETS_SECONDS[index] as number)) {
          ;(series.buckets[index] as number)++
          break
        }
      }
    },
  }
}

interface Value {
  metricName?: string
  labels: Record<string, string>
  value: number
}

function histogramValues(name: string, { route, method, buckets, sum, count }: Series): Value[] {
  let below = 0
  const values = buckets.map((inside, index): Value => {
    below += inside
    return {
      metricName: `${name}_bucket`,
      labels: { le: String(BUCKETS_SECONDS[index]), route, method },
      value: below,
    }
  })
  values.push({ metricName: `${name}_bucket`, labels: { le: '+Inf', route, method }, value: count })
  values.push({ metricName: `${name}_sum`, labels: { route, method }, value: sum })
  values.push({ metricName: `${name}_count`, labels: { route, method }, value: count })
  return values
}

// A registry asks its metrics for nothing but this.
function register(
  registry: Registry,
  head: { name: string; type: 'counter' | 'histogram'; help: string },
  values: () => Value[],
): void {
  const metric = { ...head, aggregator: 'sum', reset: () => undefined }
  const get = () => Promise.resolve({ ...head, aggregator: 'sum', values: values() })
  registry.registerMetric({ ...metric, get } as unknown as Counter | Histogram)
}
