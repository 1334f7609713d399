// Projects and their keys. Few and small: read whole, written one at a time.
import type { Project, ProjectKey, ProjectStore } from '@penstock/pipeline'
import { decodeRecord, encodeRecord } from './json-record.ts'
import type { StateEnvironment } from './state-environment.ts'

/* eslint-disable @typescript-eslint/require-await -- LMDB answers at once; a thrown error must become a rejection */
export function createLmdbProjectStore(environment: StateEnvironment): ProjectStore {
  const { projects, keys } = environment.tables

  const all = <T>(table: typeof projects): T[] =>
    environment.read('state', () =>
      Array.from(table.getRange({}), ({ value }) => decodeRecord<T>(value).value),
    )

  return {
    projects: async () => all<Project>(projects),
    createProject: (project) =>
      environment.writeLater(() => {
        const key = Buffer.from(project.id)
        if (projects.get(key) !== undefined) return false
        projects.putSync(key, encodeRecord(project))
        return true
      }),
    keys: async () => all<ProjectKey>(keys),
    putKey: async (key) => {
      await environment.writeLater(() => keys.putSync(Buffer.from(key.id), encodeRecord(key)))
    },
    removeKey: (id) => environment.writeLater(() => keys.removeSync(Buffer.from(id))),
  }
}
