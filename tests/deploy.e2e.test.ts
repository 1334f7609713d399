// What deploys Penstock held against the program that is deployed: every metric that an alert or a dashboard asks for is one that a
// running process exports, and a service loads nothing of the embedded mode, which is not in the image.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { builtProgram, REPOSITORY } from '@penstock/test-kit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DevServer, startDev } from './cli/penstock.ts'

const read = (path: string): Promise<string> => readFile(join(REPOSITORY, path), 'utf8')

describe('metrics of alerts and dashboards', () => {
  let directory: string
  let server: DevServer

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'penstock-metrics-'))
    server = await startDev({ cwd: directory })
  })
  afterAll(async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })

  it('are all exported by a running process, with the labels that are asked for', async () => {
    // One request, so that the series of requests are there.
    await fetch(`${server.url}/events`, {
      method: 'POST',
      headers: { authorization: 'Bearer pk_dev' },
      body: '[]',
    })
    const exported = await (await fetch(`${server.url}/metrics`)).text()
    const families = new Set([...exported.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!))
    const asked = new Set((await sources()).match(/\b(penstock|nodejs|process)_[a-z0-9_]+\b/g))
    asked.delete('process_start_time') // the stem of a word in a sentence
    expect(asked.size).toBeGreaterThan(15)
    for (const name of asked) expect(families, name).toContain(name.replace(/_(bucket|sum|count)$/, ''))
    for (const labels of [
      /penstock_http_requests_total\{route="\/events",method="POST",status="\d+"\}/,
      /penstock_events_stored_total\{store="cold"\}/,
      /penstock_dead_letters_total\{reason="store_refused"\}/,
      /penstock_dead_letters_total\{reason="event_id_conflict"\}/,
      /penstock_queue_bytes\{queue="log"\}/,
      /penstock_queue_bytes\{queue="ingest"\}/,
      /penstock_queue_limit_bytes\{queue="log"\}/,
      /penstock_queue_limit_bytes\{queue="ingest"\}/,
      /penstock_leases_ended_total\{reason="taken"\}/,
      /penstock_leases_ended_total\{reason="expired"\}/,
      /penstock_partitions_halted\{reason="corrupt"\}/,
    ]) {
      expect(exported).toMatch(labels)
    }
  })

  async function sources(): Promise<string> {
    const dashboards = await readdir(join(REPOSITORY, 'deploy/grafana/dashboards'))
    const rules = ['recording.rules.yml', 'alerts.rules.yml'].map((name) => `deploy/prometheus/${name}`)
    const files = [...rules, ...dashboards.map((name) => `deploy/grafana/dashboards/${name}`)]
    const texts = await Promise.all(files.map(read))
    // Comments and the sentences of annotations name no series.
    return texts
      .join('\n')
      .replaceAll(/^\s*(#|summary:).*$/gm, '')
      .replaceAll(/penstock:[a-z0-9_:]+/g, '')
  }
})

describe('the bundle', () => {
  const dist = dirname(builtProgram())

  it('of a service needs neither lmdb nor chdb, at no depth', async () => {
    const files = (await readdir(dist)).filter((name) =>
      /^run-(gateway|worker|migrate|init)-.*\.js$/.test(name),
    )
    expect(files.length).toBeGreaterThanOrEqual(4)
    for (const file of files) {
      const needed = await staticImports(file)
      expect(
        [...needed].filter((name) => /^(lmdb|chdb)$/.test(name)),
        file,
      ).toEqual([])
    }
  })

  it('of the embedded mode does, so this test can fail', async () => {
    const file = (await readdir(dist)).find((name) => /^run-dev-.*\.js$/.test(name))!
    const needed = await staticImports(file)
    expect(needed).toContain('lmdb')
    expect(needed).toContain('chdb')
  })

  /** Everything that is loaded before the file's first line runs: file names of ours, and packages. */
  async function staticImports(file: string, found = new Set<string>()): Promise<Set<string>> {
    const code = await readFile(join(dist, file), 'utf8')
    for (const [, from] of code.matchAll(
      /^\s*(?:import|export)\s(?:[^'"();]*?\sfrom\s*)?["']([^"']+)["']/gm,
    )) {
      if (found.has(from!)) continue
      found.add(from!)
      if (from!.startsWith('./')) await staticImports(basename(from!), found)
    }
    return found
  }
})
