import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listFiles, readCompose, readFile, type Service } from './files.ts'

const { services, volumes } = readCompose()
const all = Object.entries(services)
const oneShots = all.filter(([, service]) => service.restart === 'no').map(([name]) => name)
const longLived = all.filter(([name]) => !oneShots.includes(name))
const inProfile = (profile: string) =>
  all.filter(([, { profiles }]) => profiles === undefined || profiles.includes(profile)).map(([name]) => name)
const PINNED = /:v?\d+\.\d+\.\d+[\w.-]*$/

const mebibytes = ({ mem_limit: limit = '' }: Service): number => {
  const [, number, unit] = /^(?:\$\{\w+:-)?(\d+)([mg])\}?$/.exec(limit) ?? []
  return Number(number) * (unit === 'g' ? 1024 : 1)
}

describe('docker-compose.yml', () => {
  it('pins every image to a release, and builds only our own', () => {
    for (const [name, { image = '', build }] of all) {
      if (build !== undefined) expect(image, name).toBe('${PENSTOCK_IMAGE:-penstock:local}')
      else expect(image, name).toMatch(PINNED)
    }
  })

  it('starts everything by default: two gateways, two workers, answers, stores, monitoring', () => {
    expect(inProfile('').sort()).toEqual(Object.keys(services).sort())
    expect(inProfile('full').sort()).toEqual(Object.keys(services).sort())
  })

  it('has a lite profile with one of each and no monitoring, in 4 GiB', () => {
    const lite = inProfile('lite')
    expect(lite.filter((name) => !oneShots.includes(name)).sort()).toEqual(
      ['answers', 'clickhouse', 'entry', 'gateway', 'nats', 'scylla', 'worker'].sort(),
    )
    // One-shots have ended before the services run.
    const sum = lite.filter((name) => !oneShots.includes(name)).map((name) => mebibytes(services[name]!))
    expect(sum.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(4096)
  })

  it('never needs from lite what lite leaves out', () => {
    const lite = inProfile('lite')
    for (const name of lite) {
      for (const needed of Object.keys(services[name]!.depends_on ?? {}))
        expect(lite, `${name} needs`).toContain(needed)
    }
  })

  it('limits the memory of every container', () => {
    for (const [name, service] of all) expect(mebibytes(service), name).toBeGreaterThan(0)
  })

  it('publishes the entry, on loopback, and nothing else', () => {
    expect(all.filter(([, { ports }]) => ports !== undefined).map(([name]) => name)).toEqual(['entry'])
    expect(services['entry']!.ports).toEqual(['127.0.0.1:${PENSTOCK_PORT:-4180}:4180'])
  })

  it('keeps every store from the outside', () => {
    for (const name of ['nats', 'scylla', 'clickhouse'])
      expect(services[name]!.networks, name).toEqual(['stores'])
    const { networks } = parse(readFile('docker-compose.yml'), { merge: true }) as {
      networks: Record<string, { internal?: boolean } | null>
    }
    expect(networks['stores']).toEqual({ internal: true })
  })

  it('checks the health of what runs for long, without names that resolve to ::1 first', () => {
    for (const [name, { healthcheck, build }] of longLived) {
      if (build === undefined) expect(healthcheck?.test, name).toBeDefined()
      expect(JSON.stringify(healthcheck ?? {}), name).not.toContain('localhost')
    }
    expect(readFile('Dockerfile')).toMatch(/^HEALTHCHECK /m)
  })

  it('waits for what is needed: health for servers, success for one-shots', () => {
    for (const [name, { depends_on: needs = {} }] of all) {
      for (const [needed, { condition }] of Object.entries(needs)) {
        if (oneShots.includes(needed))
          expect(condition, `${name} → ${needed}`).toBe('service_completed_successfully')
        else expect(condition, `${name} → ${needed}`).toMatch(/^service_(healthy|started)$/)
      }
    }
    for (const name of ['gateway', 'answers', 'worker'])
      expect(reach(name), name).toEqual(expect.arrayContaining(oneShots))
  })

  it('keeps data in named volumes only', () => {
    const used = all.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0]!)
    const named = used.filter((source) => !source.startsWith('./'))
    expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort())
    const bound = all
      .flatMap(([, service]) => service.volumes ?? [])
      .filter((volume) => volume.startsWith('./'))
    for (const volume of bound) expect(volume).toMatch(/^\.\/deploy(\/|:).*:ro$/)
  })

  it('has no secret and no default for one', () => {
    for (const [name, { environment = {} }] of all) {
      for (const [variable, value] of Object.entries(environment)) {
        if (
          /PASSWORD|_KEY$|SECRET|TOKEN/.test(variable) &&
          !variable.endsWith('__FILE') &&
          !variable.endsWith('_FILE')
        ) {
          expect(value, `${name} ${variable}`).toBe(`\${${variable}:-}`)
        }
      }
    }
  })

  it('shows a service its own secrets only', () => {
    for (const [name, { volumes: mounts = [] }] of all) {
      if (name === 'init') continue
      const seen = mounts
        .map((mount) => mount.split(':')[0]!)
        .filter((source) => source.startsWith('secrets'))
      const own = `secrets-${name.replace(/-(b|roles|grants)$/, '')}`
      expect(
        seen.every((source) => source === own),
        `${name} sees ${seen.join()}`,
      ).toBe(true)
      for (const mount of mounts) if (mount.startsWith('secrets')) expect(mount, name).toMatch(/:ro$/)
    }
  })

  it('runs our processes without root, capabilities or a writable disk', () => {
    for (const [name, service] of all.filter(([, { build }]) => build !== undefined)) {
      expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
      if (name !== 'init') expect(service.user, name).toBeUndefined() // the image's own
    }
    expect(readFile('Dockerfile')).toMatch(/^USER 10001:10001$/m)
  })

  function reach(name: string, seen = new Set<string>()): string[] {
    for (const needed of Object.keys(services[name]!.depends_on ?? {})) {
      if (seen.has(needed)) continue
      seen.add(needed)
      reach(needed, seen)
    }
    return [...seen]
  }
})

describe('Dockerfile', () => {
  it('pins what it is built from', () => {
    const bases = [...readFile('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, base]) => base!)
    expect(bases.length).toBeGreaterThan(1)
    for (const base of bases) expect(base).toMatch(PINNED)
  })
})

describe('workflows', () => {
  it.each(listFiles('.github/workflows'))(
    '%s pins every action by commit and asks for no more than it needs',
    (name) => {
      const text = readFile(`.github/workflows/${name}`)
      for (const [, action] of text.matchAll(/uses: *(\S+)/g))
        expect(action).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/)
      expect(text).toMatch(/^permissions:/m)
      expect(text).not.toContain('pull_request_target')
    },
  )
})
