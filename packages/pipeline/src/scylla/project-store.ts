// Projects and their keys: few and small, read whole and not kept here, so that a change is seen by the next read of every process.
// Changed by lightweight transactions only, so that their write times all come from the servers.
import { randomUUID } from 'node:crypto'
import type { Project, ProjectKey, ProjectStore } from '../ports/projects.ts'
import type { Cql } from './cql.ts'
import type { Statements } from './statements.ts'

export function createScyllaProjectStore(cql: Cql, statements: Statements): ProjectStore {
  const createProject: ProjectStore['createProject'] = async (project) => {
    const me = randomUUID()
    for (;;) {
      const outcome = await cql.conditional({
        statement: statements.createProject,
        params: [project.id, JSON.stringify(project), me],
      })
      if (outcome !== 'unknown') return outcome === 'applied'
      const [row] = await cql.readDecided({ statement: statements.projectCreator, params: [project.id] })
      if (row !== undefined) return row['created_by'] === me
    }
  }

  const putKey: ProjectStore['putKey'] = async (key) => {
    const text = JSON.stringify(key)
    for (;;) {
      if ((await settled(key.id, { statement: statements.addKey, params: [key.id, text] })) === text) return
      if ((await settled(key.id, { statement: statements.replaceKey, params: [text, key.id] })) === text)
        return
    }
  }

  const removeKey: ProjectStore['removeKey'] = async (id) => {
    for (;;) {
      const outcome = await cql.conditional({ statement: statements.removeKey, params: [id] })
      if (outcome !== 'unknown') return outcome === 'applied'
      // Whether this call removed it or another one did, it is gone.
      if ((await keyText(id)) === null) return true
    }
  }

  /** The key's text when a transaction about it has been decided. */
  async function settled(id: string, transaction: Parameters<Cql['conditional']>[0]): Promise<string | null> {
    await cql.conditional(transaction)
    return keyText(id)
  }

  async function keyText(id: string): Promise<string | null> {
    const [row] = await cql.readDecided({ statement: statements.keyOf, params: [id] })
    return (row?.['project_key'] as string | undefined) ?? null
  }

  return {
    createProject,
    putKey,
    removeKey,
    projects: async () => {
      const rows = await cql.read('state', { statement: statements.projects, params: [] })
      return rows.map((row) => JSON.parse(row['project'] as string) as Project)
    },
    keys: async () => {
      const rows = await cql.read('state', { statement: statements.keys, params: [] })
      return rows.map((row) => JSON.parse(row['project_key'] as string) as ProjectKey)
    },
  }
}
