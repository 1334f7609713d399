import { createHash } from 'node:crypto'
import type { Project, ProjectKey, ProjectStore } from '@penstock/pipeline'
import { describe, expect, it } from 'vitest'
import { ensureFirstProject } from './first-project.ts'

function createStore() {
  const projects = new Map<string, Project>()
  const keys = new Map<string, ProjectKey>()
  const store: ProjectStore = {
    projects: () => Promise.resolve([...projects.values()]),
    createProject: (project) => {
      const taken = projects.has(project.id)
      if (!taken) projects.set(project.id, project)
      return Promise.resolve(!taken)
    },
    keys: () => Promise.resolve([...keys.values()]),
    putKey: (key) => {
      keys.set(key.id, key)
      return Promise.resolve()
    },
    removeKey: (id) => Promise.resolve(keys.delete(id)),
  }
  return { store, projects, keys }
}

const WANTED = { project: 'shop', writeKey: 'pk_1', readKey: 'rk_1', adminKey: 'ak_1', retentionDays: 400 }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('ensureFirstProject', () => {
  it('makes the project and stores its keys hashed, the admin key for the installation', async () => {
    const { store, projects, keys } = createStore()
    expect(await ensureFirstProject(store, WANTED, 7)).toEqual({
      created: true,
      changedKeys: ['write', 'read', 'admin'],
    })
    expect([...projects.values()]).toEqual([{ id: 'shop', name: 'shop', retentionDays: 400, createdAt: 7 }])
    expect([...keys.values()].map(({ role, hash, installation }) => [role, hash, installation])).toEqual([
      ['write', sha256('pk_1'), false],
      ['read', sha256('rk_1'), false],
      ['admin', sha256('ak_1'), true],
    ])
    expect(JSON.stringify([...keys.values()])).not.toMatch(/[pra]k_1/)
  })

  it('changes nothing the second time', async () => {
    const { store, keys } = createStore()
    await ensureFirstProject(store, WANTED, 7)
    const before = [...keys.values()]
    expect(await ensureFirstProject(store, WANTED, 8)).toEqual({ created: false, changedKeys: [] })
    expect([...keys.values()]).toEqual(before)
  })

  it('replaces a key that changed and leaves those made through the API', async () => {
    const { store, keys } = createStore()
    await ensureFirstProject(store, WANTED, 7)
    const own = { ...[...keys.values()][0]!, id: 'k1', hash: sha256('pk_made') }
    await store.putKey(own)
    expect(await ensureFirstProject(store, { ...WANTED, writeKey: 'pk_2' }, 8)).toEqual({
      created: false,
      changedKeys: ['write'],
    })
    const hashes = [...keys.values()].map(({ hash }) => hash)
    expect(hashes).not.toContain(sha256('pk_1'))
    expect(hashes).toContain(sha256('pk_2'))
    expect(keys.get('k1')).toEqual(own)
  })

  it('takes the keys away from the project that was configured before', async () => {
    const { store, keys } = createStore()
    await ensureFirstProject(store, WANTED, 7)
    await ensureFirstProject(store, { ...WANTED, project: 'other' }, 8)
    expect([...keys.values()].map(({ projectId }) => projectId)).toEqual(['other', 'other', 'other'])
  })
})
