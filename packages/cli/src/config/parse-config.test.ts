import { describe, expect, it } from 'vitest'
import { type Environment, parseConfig } from './parse-config.ts'

const problemsOf = (environment: Environment) => parseConfig(environment).problems
const OWN_KEYS = { PENSTOCK_WRITE_KEY: 'pk_own', PENSTOCK_READ_KEY: 'rk_own', PENSTOCK_ADMIN_KEY: 'ak_own' }

describe('parseConfig', () => {
  it('fills every default of the contract', () => {
    expect(parseConfig({}).config).toEqual({
      host: '127.0.0.1',
      port: 4180,
      dataDir: '.penstock',
      project: 'dev',
      writeKey: 'pk_dev',
      readKey: 'rk_dev',
      adminKey: 'ak_dev',
      metricsPort: null,
      trustProxy: [],
      logCapBytes: 4_294_967_296,
      hotRetentionDays: 90,
      logLevel: 'info',
      test: { failpoint: null, unsafe: null, worker: true },
    })
  })

  it('reports all problems at once, each with its name and what is expected', () => {
    const problems = problemsOf({
      PENSTOCK_PORT: '70000',
      PENSTOCK_LOG_LEVEL: 'loud',
      PENSTOCK_HOT_RETENTION_DAYS: '34',
      PENSTOCK_LOG_CAP_BYTES: '1e9',
    })
    expect(problems).toHaveLength(4)
    expect(problems.join('\n')).toContain('PENSTOCK_PORT must be a port from 0 to 65535')
    expect(problems.join('\n')).toContain('it is "loud"')
    expect(problems.join('\n')).toContain('PENSTOCK_HOT_RETENTION_DAYS must be a number of days from 35')
    expect(problems.join('\n')).toContain('it is "1e9"')
  })

  it.each(['0x10', '1e3', ' 80', '-1', '80.5', 'http'])('does not take %j for a port', (port) => {
    expect(problemsOf({ PENSTOCK_PORT: port })).toHaveLength(1)
  })

  it('takes an empty value for an unset one', () => {
    expect(parseConfig({ PENSTOCK_PORT: '' }).config?.port).toBe(4180)
  })

  it('never says a key', () => {
    const [problem] = problemsOf({ PENSTOCK_ADMIN_KEY: 'my-secret-value' })
    expect(problem).toContain('PENSTOCK_ADMIN_KEY')
    expect(problem).not.toContain('my-secret-value')
  })

  it.each(['0.0.0.0', '::', '10.1.2.3', 'example.org'])('refuses the known keys on %s', (host) => {
    expect(problemsOf({ PENSTOCK_HOST: host })).toHaveLength(3)
    expect(problemsOf({ PENSTOCK_HOST: host, ...OWN_KEYS, PENSTOCK_READ_KEY: 'rk_dev' })).toHaveLength(1)
    expect(problemsOf({ PENSTOCK_HOST: host, ...OWN_KEYS })).toEqual([])
  })

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('allows the known keys on %s', (host) => {
    expect(problemsOf({ PENSTOCK_HOST: host })).toEqual([])
  })

  it('does not take a host that begins like loopback for loopback', () => {
    expect(problemsOf({ PENSTOCK_HOST: '127.0.0.1.example.org' })).toHaveLength(3)
  })

  it('warns of an unknown variable with the nearest name and goes on', () => {
    const { config, warnings } = parseConfig({ PENSTOCK_PROT: '1', PENSTOCK_SOMETHING_ELSE_ALTOGETHER: '1' })
    expect(config?.port).toBe(4180)
    expect(warnings[0]).toContain('did you mean PENSTOCK_PORT?')
    expect(warnings[1]).toContain('docs/configuration.md')
  })

  it('ignores what Kubernetes injects beside a service of that name', () => {
    const parsed = parseConfig({
      PENSTOCK_PORT: 'tcp://10.0.0.5:4180',
      PENSTOCK_SERVICE_HOST: '10.0.0.5',
      PENSTOCK_SERVICE_PORT: '4180',
      PENSTOCK_SERVICE_PORT_HTTP: '4180',
      PENSTOCK_PORT_4180_TCP: 'tcp://10.0.0.5:4180',
      PENSTOCK_PORT_4180_TCP_ADDR: '10.0.0.5',
      PENSTOCK_METRICS_PORT: 'tcp://10.0.0.6:9000',
      PENSTOCK_GATEWAY_SERVICE_HOST: '10.0.0.7',
    })
    expect(parsed).toMatchObject({ problems: [], warnings: [], config: { port: 4180, metricsPort: null } })
  })

  it('refuses the variables for tests without PENSTOCK_TEST', () => {
    const test = {
      PENSTOCK_TEST_FAILPOINT: 'hot.3.classified@2',
      PENSTOCK_TEST_UNSAFE: 'missing_rows',
      PENSTOCK_TEST_WORKER: 'off',
    }
    expect(problemsOf(test)).toHaveLength(3)
    expect(parseConfig({ ...test, PENSTOCK_TEST: '1' }).config?.test).toEqual({
      failpoint: { name: 'hot.3.classified', hit: 2 },
      unsafe: 'missing_rows',
      worker: false,
    })
  })

  it.each(['hot.3', 'hot.3.classified@0', 'hot-3-classified', 'nothing@1'])(
    'refuses the failpoint %s',
    (name) => {
      expect(problemsOf({ PENSTOCK_TEST: '1', PENSTOCK_TEST_FAILPOINT: name })).toHaveLength(1)
    },
  )

  it('refuses a metrics port that is the port', () => {
    expect(problemsOf({ PENSTOCK_PORT: '5000', PENSTOCK_METRICS_PORT: '5000' })).toHaveLength(1)
    expect(problemsOf({ PENSTOCK_PORT: '0', PENSTOCK_METRICS_PORT: '0' })).toEqual([])
  })
})
