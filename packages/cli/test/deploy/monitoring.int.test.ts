import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installWithApt } from '@penstock/test-kit'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listFiles, metricsOf, readFile, readRules, ROOT } from './files.ts'

interface Dashboard {
  uid: string
  panels: Panel[]
}
interface Panel {
  title: string
  type: string
  targets?: { expr: string }[]
  fieldConfig?: { defaults: { thresholds?: { steps: { color: string; value: number | null }[] } } }
}

const alerts = readRules('alerts.rules.yml').filter(({ alert }) => alert !== undefined)
const records = readRules('recording.rules.yml')
const dashboards = listFiles('deploy/grafana/dashboards').map(
  (name) => [name, JSON.parse(readFile(`deploy/grafana/dashboards/${name}`)) as Dashboard] as const,
)
const recorded = new Set(records.map(({ record }) => record!))

// What others export, by the name their documentation gives it.
const FOREIGN = new Set([
  'up',
  'ALERTS',
  'haproxy_backend_active_servers',
  'ClickHouseAsyncMetrics_MaxPartCountForPartition',
  'ClickHouseAsyncMetrics_FilesystemMainPathAvailableBytes',
  'ClickHouseAsyncMetrics_FilesystemMainPathTotalBytes',
])

const used = [
  ...[...alerts, ...records].map(({ alert, record, expr }) => [alert ?? record!, expr] as const),
  ...dashboards.flatMap(([name, { panels }]) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [`${name}: ${title}`, expr] as const),
    ),
  ),
].flatMap(([where, expr]) => metricsOf(expr).map((metric) => ({ where, metric })))

describe('alerts and dashboards', () => {
  it('ask only for recorded series, for what others export, and for what starts like one of ours', () => {
    for (const { where, metric } of used) {
      if (recorded.has(metric) || FOREIGN.has(metric)) continue
      // tests/deploy-metrics.e2e.test.ts holds these against a running program.
      expect(metric, where).toMatch(/^(penstock|nodejs|process)_[a-z0-9_]+$/)
    }
  })

  it('use every recorded series', () => {
    const asked = new Set(used.map(({ metric }) => metric))
    for (const name of recorded) expect(asked, name).toContain(name)
  })

  it('show what the product promises to show', () => {
    const titles = dashboards.flatMap(([, { panels }]) => panels.map(({ title }) => title)).join('\n')
    for (const topic of [
      'RPS',
      'Status codes',
      'Latency',
      'Events by hop',
      'Lag',
      'Dead letters',
      'Freshness',
      'Completeness',
    ]) {
      expect(titles).toContain(topic)
    }
  })
})

describe('an alert', () => {
  const runbook = readFile('docs/operations/alerts.md')
  const cases = readFile('deploy/prometheus/alerts.test.yml')

  it.each(alerts.map((rule) => [rule.alert!, rule] as const))(
    '%s has a runbook, a case, a severity and a summary',
    (name, rule) => {
      const section = runbook.split(/^## /m).find((part) => part.startsWith(`${name}\n`))
      expect(section, 'a section in docs/operations/alerts.md').toBeDefined()
      expect(section).toMatch(/\*\*Do\*\*/)
      expect(cases).toContain(name)
      expect(rule.labels?.['severity']).toMatch(/^(warning|critical)$/)
      expect(rule.annotations?.['summary']).toBeTruthy()
    },
  )

  it('exists for every section of the runbook', () => {
    const sections = [...runbook.matchAll(/^## (Penstock\w+)$/gm)].map(([, name]) => name!)
    expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert!).sort())
  })
})

describe('dashboards', () => {
  it('are what their source makes', async () => {
    const source = pathToFileURL(join(ROOT, 'deploy/grafana/build-dashboards.mjs')).href
    const { buildDashboards } = (await import(source)) as { buildDashboards: () => Map<string, string> }
    const made = buildDashboards()
    expect([...made.keys()].sort()).toEqual(listFiles('deploy/grafana/dashboards'))
    for (const [name, text] of made) expect(readFile(`deploy/grafana/dashboards/${name}`), name).toBe(text)
  })

  it.each([
    ['Completeness, 1 h', { 0: 'red', 0.98: 'red', 0.99: 'green', 1: 'green', 1.009: 'green', 1.02: 'red' }],
    ['Processes up', { 0: 'red', 1: 'green', 7: 'green' }],
    ['Partitions halted', { 0: 'green', 1: 'red' }],
    ['Freshness', { 0: 'green', 60: 'orange', 900: 'red' }],
  ])('colour %s by what it means', (title, expected) => {
    const panel = dashboards
      .flatMap(([, { panels }]) => panels)
      .find((one) => one.type === 'stat' && one.title === title)
    const steps = panel?.fieldConfig?.defaults.thresholds?.steps ?? []
    // As Grafana does: the last step that the value has reached.
    const colourAt = (shown: number) => steps.findLast(({ value }) => value === null || shown >= value)?.color
    for (const [shown, colour] of Object.entries(expected))
      expect(colourAt(Number(shown)), shown).toBe(colour)
    const ascending = steps.slice(1).map(({ value }) => value)
    expect([steps[0]?.value, ascending]).toEqual([null, [...ascending].sort((a, b) => Number(a) - Number(b))])
  })

  it('ask the data source that is provisioned', () => {
    const { datasources } = parse(readFile('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { uid: string }[]
    }
    const asked = dashboards.flatMap(
      ([name]) => readFile(`deploy/grafana/dashboards/${name}`).match(/"uid": "prometheus"/g) ?? [],
    )
    expect(datasources.map(({ uid }) => uid)).toEqual(['prometheus'])
    expect(asked.length).toBeGreaterThan(10)
  })
})

const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: join(ROOT, 'deploy/prometheus'), encoding: 'utf8' })
const isThere = () => promtool('--version').error === undefined
if (!isThere()) installWithApt(['prometheus'])
const there = isThere()
if (!there && process.env['CI'] !== 'true') {
  process.stderr.write(
    'skipped: rules are not run, promtool is not in PATH (apt install prometheus, or brew install prometheus)\n',
  )
}

describe.skipIf(!there && process.env['CI'] !== 'true')('promtool', () => {
  it.each([
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])('%s %s %s', (...args) => {
    const { status, stdout, stderr, error } = promtool(...args)
    expect(error).toBeUndefined()
    expect(status, stdout + stderr).toBe(0)
  })
})
