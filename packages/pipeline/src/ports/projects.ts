// Projects and their keys. Small, read on every request through a cache, changed by admins.

export type KeyRole = 'write' | 'read' | 'admin'

export interface Project {
  id: string
  name: string
  /** Events older than this go from every store; at least the registry window. */
  retentionDays: number
  createdAt: number
}

export interface ProjectKey {
  id: string
  projectId: string
  role: KeyRole
  label: string
  /** Allowed `Origin`s; null allows any. */
  origins: readonly string[] | null
  /** SHA-256 of the key, hex. The key itself is never stored. */
  hash: string
  createdAt: number
  /** May name any project (`?project=`): the admin key of the installation. */
  installation: boolean
}

/** Writes are durable when they resolve. A change is seen by every process within two seconds. */
export interface ProjectStore {
  projects(): Promise<Project[]>
  /** Returns false when the id is taken; then nothing changes. */
  createProject(project: Project): Promise<boolean>
  keys(): Promise<ProjectKey[]>
  /** Adds or replaces the key with this id. */
  putKey(key: ProjectKey): Promise<void>
  /** Returns false when there is none. */
  removeKey(id: string): Promise<boolean>
}
