// The project and the keys that the configuration names. Guarantee: after it, exactly the configured keys are the
// environment's keys; keys made through the API are left alone.
import { createHash } from 'node:crypto'
import type { KeyRole, ProjectKey, ProjectStore } from '@penstock/pipeline'

const ID_PREFIX = 'env_'

export interface FirstProject {
  project: string
  writeKey: string
  readKey: string
  adminKey: string
  retentionDays: number
}

/** Makes the project when it is not there, and stores the keys (hashed) where they differ from what is stored. */
export async function ensureFirstProject(
  store: ProjectStore,
  wanted: FirstProject,
  now: number,
): Promise<{ created: boolean; changedKeys: KeyRole[] }> {
  const { project: id, retentionDays } = wanted
  const created = await store.createProject({ id, name: id, retentionDays, createdAt: now })
  const stored = new Map((await store.keys()).map((key) => [key.id, key]))
  const keys = environmentKeys(wanted, now)
  const changed = keys.filter((key) => stored.get(key.id)?.hash !== key.hash)
  for (const key of changed) await store.putKey(key)
  // Another project's keys from an earlier configuration: one of them could be the same text, or name any project.
  const named = new Set(keys.map((key) => key.id))
  for (const key of stored.keys()) {
    if (key.startsWith(ID_PREFIX) && !named.has(key)) await store.removeKey(key)
  }
  return { created, changedKeys: changed.map((key) => key.role) }
}

function environmentKeys(wanted: FirstProject, now: number): ProjectKey[] {
  const texts = { write: wanted.writeKey, read: wanted.readKey, admin: wanted.adminKey } as const
  return (['write', 'read', 'admin'] as const).map((role) => ({
    id: `${ID_PREFIX}${wanted.project}_${role}`,
    projectId: wanted.project,
    role,
    label: 'from the environment',
    origins: null,
    hash: createHash('sha256').update(texts[role]).digest('hex'),
    createdAt: now,
    installation: role === 'admin',
  }))
}
