// Writes deploy/grafana/dashboards/*.json, which Grafana reads as they are: `node deploy/grafana/build-dashboards.mjs`.
// A panel here is a title, a unit and its queries; place, colours and ids follow from the order. tests/deploy checks that what
// stands in the directory is what this makes, and that every metric is one that exists.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SOURCE = { type: 'prometheus', uid: 'prometheus' }
const WIDTH = 24

const query = (expr, legend = '') => ({ expr, legend })

/** A step colours the values from `value` on, the first one those below as well. */
const step =
  (color) =>
  (value = null) => ({ color, value })
const [green, orange, red] = ['green', 'orange', 'red'].map(step)
const rising = (warning, critical) => [green(), orange(warning), red(critical)]

const INGEST = 'method="POST", route=~"(/v1)?/events"'

/** Dashboards by file name. Rows hold panels `[title, unit, queries, what it shows]`; a stat panel is green unless it says `steps`. */
const DASHBOARDS = {
  'penstock-overview': {
    title: 'Penstock: overview',
    rows: {
      'At a glance': [
        stat(
          'Accepted events',
          'cps',
          'sum(rate(penstock_events_accepted_total[1m]))',
          'Events answered with 202, a second.',
        ),
        stat('Freshness', 's', 'penstock:lag_seconds:max', 'How far answers are behind.', rising(60, 900)),
        stat(
          'Completeness, 1 h',
          'percentunit',
          'penstock:completeness:ratio1h',
          'Stored + duplicates + dead letters, of what was accepted. 100 % when nothing is missing.',
          [red(), green(0.99), red(1.01)], // as PenstockIncomplete
        ),
        stat(
          'Log full',
          'percentunit',
          'penstock:log_fill:ratio',
          'At 100 % senders get 503 until the workers have caught up.',
          rising(0.4, 0.6),
        ),
        stat(
          'Dead letters, 24 h',
          'short',
          'sum(increase(penstock_dead_letters_total[24h]))',
          'Made within a day.',
          rising(1, 1000),
        ),
        stat(
          '5xx of ingestion',
          'percentunit',
          'penstock:ingest_errors:ratio5m',
          'Share of requests that send events.',
          rising(0.01, 0.25),
        ),
        stat(
          'Partitions halted',
          'short',
          'sum(penstock_partitions_halted)',
          'Stopped, and in need of somebody.',
          [green(), red(1)],
        ),
        stat(
          'Processes up',
          'short',
          'sum(up{job=~"gateway|answers|worker"})',
          'Gateways, answers and workers that can be asked.',
          [red(), green(1)],
        ),
      ],
      Traffic: [
        graph(
          'Requests (RPS)',
          'reqps',
          [query('sum by (job, route) (penstock:http_requests:rate1m)', '{{job}} {{route}}')],
          'By service and route.',
        ),
        graph(
          'Status codes',
          'reqps',
          [query('sum by (status) (penstock:http_requests:rate1m)', '{{status}}')],
          '503 is "send it again"; 4xx is a caller to talk to.',
        ),
        graph(
          'Latency of sending',
          's',
          [
            query(
              `histogram_quantile(0.5, sum by (le) (rate(penstock_http_request_duration_seconds_bucket{${INGEST}}[5m])))`,
              'p50',
            ),
            query(
              `histogram_quantile(0.95, sum by (le) (rate(penstock_http_request_duration_seconds_bucket{${INGEST}}[5m])))`,
              'p95',
            ),
            query(
              `histogram_quantile(0.99, sum by (le) (rate(penstock_http_request_duration_seconds_bucket{${INGEST}}[5m])))`,
              'p99',
            ),
          ],
          'From the headers to the answer, the sync of the log included.',
        ),
        graph(
          'Latency of questions, p99',
          's',
          [
            query(
              'penstock:http_request_duration_seconds:p99_5m{job="answers", route=~"/v1/.*"}',
              '{{method}} {{route}}',
            ),
          ],
          'By endpoint.',
        ),
      ],
      Events: [
        graph(
          'Events by hop',
          'cps',
          [
            query('sum(rate(penstock_events_received_total[1m]))', 'received'),
            query('sum(rate(penstock_events_accepted_total[1m]))', 'accepted'),
            query('sum(rate(penstock_events_stored_total{store="hot"}[1m]))', 'stored hot'),
            query('sum(rate(penstock_events_stored_total{store="cold"}[1m]))', 'stored cold'),
            query('sum(rate(penstock_events_duplicate_total[1m]))', 'duplicates dropped'),
          ],
          'In = out + duplicates + dead letters.',
        ),
        graph(
          'Accepted by type',
          'cps',
          [query('sum by (type) (rate(penstock_events_accepted_total[1m]))', '{{type}}')],
          'Copies included.',
        ),
        graph(
          'Refused by code',
          'cps',
          [query('sum by (code) (rate(penstock_events_rejected_total[1m]))', '{{code}}')],
          'docs/errors.md explains each.',
        ),
        graph(
          'Completeness',
          'percentunit',
          [query('penstock:completeness:ratio1h', 'of the last hour')],
          'A process that was killed takes the last seconds of its counters with it: a dip that passes is that.',
        ),
      ],
    },
  },
  'penstock-processing': {
    title: 'Penstock: processing',
    rows: {
      Lag: [
        graph(
          'Freshness',
          's',
          [query('penstock:lag_seconds:max', 'oldest event not in the cold store')],
          'What `as_of` of an answer is behind.',
        ),
        graph(
          'Events under way',
          'short',
          [query('penstock:lag_events:max', 'not in the cold store')],
          'Accepted and not yet counted.',
        ),
        graph(
          'Log',
          'bytes',
          [
            query('max(penstock_queue_bytes{queue="log"})', 'used'),
            query('max(penstock_queue_limit_bytes{queue="log"})', 'cap'),
          ],
          'At the cap senders get 503.',
        ),
        graph(
          'Queues in memory',
          'bytes',
          [
            query(
              'sum by (job, instance, queue) (penstock_queue_bytes{queue!="log"})',
              '{{job}} {{instance}} {{queue}}',
            ),
          ],
          'Each has a bound.',
        ),
      ],
      Workers: [
        graph(
          'Partitions held',
          'short',
          [query('sum by (instance) (penstock_partitions_held)', '{{instance}}')],
          'Stacked they are the number of partitions.',
          { stacked: true },
        ),
        graph(
          'Partitions taken and left',
          'short',
          [
            query('sum(increase(penstock_leases_taken_total[5m]))', 'taken'),
            query('sum by (reason) (increase(penstock_leases_ended_total[5m]))', '{{reason}}'),
          ],
          '`taken` and `expired` were lost; the others are in order.',
        ),
        graph(
          'Inserts and recoveries',
          'cps',
          [
            query('sum(rate(penstock_cold_inserts_total[5m]))', 'cold inserts'),
            query('sum(rate(penstock_plan_recoveries_total[5m]))', 'recovered plans'),
          ],
          'A recovery finishes what a dead worker had begun.',
        ),
        graph(
          'Partitions halted',
          'short',
          [query('sum by (reason) (penstock_partitions_halted)', '{{reason}}')],
          'Above 0 somebody is needed.',
        ),
      ],
      'Dead letters and errors': [
        graph(
          'Dead letters',
          'short',
          [query('sum by (reason) (increase(penstock_dead_letters_total[5m]))', '{{reason}}')],
          'Made within five minutes; `penstock dead-letters` lists them.',
        ),
        graph(
          'Errors of stores',
          'cps',
          [
            query(
              'sum by (job, store, kind) (rate(penstock_store_errors_total[1m]))',
              '{{job}} {{store}} {{kind}}',
            ),
          ],
          'What they mean to the work: docs/operations/alerts.md.',
        ),
      ],
      Processes: [
        graph(
          'CPU',
          'percentunit',
          [
            query(
              'sum by (job, instance) (rate(process_cpu_seconds_total{job=~"gateway|answers|worker"}[1m]))',
              '{{job}} {{instance}}',
            ),
          ],
          '100 % is one core.',
        ),
        graph(
          'Memory',
          'bytes',
          [
            query(
              'sum by (job, instance) (process_resident_memory_bytes{job=~"gateway|answers|worker"})',
              '{{job}} {{instance}}',
            ),
          ],
          'Resident.',
        ),
        graph(
          'Event loop held up, p99',
          's',
          [
            query(
              'max by (job, instance) (nodejs_eventloop_lag_p99_seconds{job=~"gateway|answers|worker"})',
              '{{job}} {{instance}}',
            ),
          ],
          'Longer than half a second is too much work in one go.',
        ),
        graph(
          'Entry: gateways ready',
          'short',
          [query('haproxy_backend_active_servers{proxy=~"gateways|answers"}', '{{proxy}}')],
          'As the load balancer sees them.',
        ),
      ],
    },
  },
}

function graph(title, unit, queries, description, { stacked = false } = {}) {
  return {
    width: 12,
    height: 8,
    panel: {
      type: 'timeseries',
      title,
      description,
      targets: queries,
      fieldConfig: {
        defaults: {
          unit,
          min: 0,
          custom: {
            fillOpacity: stacked ? 30 : 8,
            lineWidth: 1,
            showPoints: 'never',
            stacking: { mode: stacked ? 'normal' : 'none' },
          },
        },
        overrides: [],
      },
      options: {
        legend: { displayMode: 'list', placement: 'bottom' },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
  }
}

function stat(title, unit, expr, description, steps = [green()]) {
  return {
    width: 3,
    height: 5,
    panel: {
      type: 'stat',
      title,
      description,
      targets: [query(expr)],
      fieldConfig: {
        defaults: { unit, thresholds: { mode: 'absolute', steps }, noValue: '–' },
        overrides: [],
      },
      options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'area' },
    },
  }
}

function dashboard(uid, { title, rows }) {
  const panels = []
  let y = 0
  for (const [rowTitle, cells] of Object.entries(rows)) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: rowTitle,
      collapsed: false,
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
      panels: [],
    })
    y += 1
    let x = 0
    let height = 0
    for (const { width, height: h, panel } of cells) {
      if (x + width > WIDTH) {
        x = 0
        y += height
        height = 0
      }
      panels.push({
        id: panels.length + 1,
        ...panel,
        datasource: SOURCE,
        gridPos: { x, y, w: width, h },
        targets: panel.targets.map(target),
      })
      x += width
      height = Math.max(height, h)
    }
    y += height
  }
  return {
    uid,
    title,
    tags: ['penstock'],
    timezone: 'browser',
    schemaVersion: 39,
    version: 1,
    editable: false,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [] },
    annotations: { list: [alerts()] },
    panels,
  }
}

const target = ({ expr, legend }, index) => ({
  refId: String.fromCharCode(65 + index),
  datasource: SOURCE,
  expr,
  legendFormat: legend,
})

// Marks when an alert fired.
const alerts = () => ({
  name: 'Alerts',
  datasource: SOURCE,
  enable: true,
  iconColor: 'red',
  expr: 'ALERTS{alertstate="firing", severity="critical"}',
  titleFormat: '{{alertname}}',
})

/** File name → JSON text. */
export const buildDashboards = () =>
  new Map(
    Object.entries(DASHBOARDS).map(([uid, spec]) => [
      `${uid}.json`,
      `${JSON.stringify(dashboard(uid, spec), null, 2)}\n`,
    ]),
  )

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = fileURLToPath(new URL('dashboards/', import.meta.url))
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of buildDashboards()) writeFileSync(join(directory, name), text)
}
