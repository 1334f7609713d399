// What every ProjectStore must do, stated once.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Project, ProjectKey, ProjectStore } from './projects.ts'

export interface OpenedProjectStore {
  projects: ProjectStore
  close(): Promise<void>
}

/** @param open - a store without projects and keys. */
export function describeProjectStore(name: string, open: () => Promise<OpenedProjectStore>): void {
  const project = (id: string, title = id): Project => ({ id, name: title, retentionDays: 365, createdAt: 1 })
  const key = (id: string, change: Partial<ProjectKey> = {}): ProjectKey => ({
    id,
    projectId: 'a',
    role: 'write',
    label: 'site',
    origins: ['https://example.com'],
    hash: 'ab'.repeat(32),
    createdAt: 2,
    installation: false,
    ...change,
  })
  const byId = <T extends { id: string }>(items: T[]): T[] => items.sort((a, b) => (a.id < b.id ? -1 : 1))

  describe(`ProjectStore: ${name}`, () => {
    let opened: OpenedProjectStore
    let store: ProjectStore
    beforeEach(async () => {
      opened = await open()
      store = opened.projects
    })
    afterEach(() => opened.close())

    it('creates a project once: an id that is taken changes nothing', async () => {
      expect(await store.createProject(project('a', 'Först'))).toBe(true)
      expect(await store.createProject(project('b'))).toBe(true)
      expect(await store.createProject(project('a', 'Second'))).toBe(false)
      expect(byId(await store.projects())).toEqual([project('a', 'Först'), project('b')])
    })

    it('lets one of two creators win', async () => {
      const won = await Promise.all([
        store.createProject(project('a', 'x')),
        store.createProject(project('a', 'y')),
      ])
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.projects()).map((found) => found.name)).toEqual([won[0] ? 'x' : 'y'])
    })

    it('adds, replaces and removes keys', async () => {
      await store.putKey(key('k1'))
      await store.putKey(key('k2', { role: 'admin', origins: null, installation: true }))
      await store.putKey(key('k1', { label: 'other' }))
      expect(byId(await store.keys())).toEqual([
        key('k1', { label: 'other' }),
        key('k2', { role: 'admin', origins: null, installation: true }),
      ])
      expect(await store.removeKey('k1')).toBe(true)
      expect(await store.removeKey('k1')).toBe(false)
      expect((await store.keys()).map(({ id }) => id)).toEqual(['k2'])
    })
  })
}
