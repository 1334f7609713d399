import { Type } from 'typebox'
import { REGISTRY_WINDOW_MS } from '../limits.ts'
import { ProjectId, Time, orNull, page } from './parts.ts'

const DAY_MS = 86_400_000
export const DEFAULT_RETENTION_DAYS = 365

const RetentionDays = Type.Integer({
  minimum: REGISTRY_WINDOW_MS / DAY_MS,
  maximum: 3_650,
  default: DEFAULT_RETENTION_DAYS,
  description: 'Events older than this are removed from every store.',
})

export const ProjectSchema = Type.Object({
  id: ProjectId,
  name: Type.String(),
  retention_days: Type.Integer(),
  created_at: Time,
})
export const ProjectListSchema = page(ProjectSchema)

export const ProjectBody = Type.Object(
  {
    id: ProjectId,
    name: Type.Optional(orNull(Type.String({ minLength: 1, maxLength: 200 }))),
    retention_days: Type.Optional(orNull(RetentionDays)),
  },
  { additionalProperties: false },
)

const Role = Type.Enum(['write', 'read', 'admin'])
const Origins = Type.Array(
  Type.String({
    pattern: '^https?://[A-Za-z0-9.\\-\\[\\]:]+$',
    maxLength: 300,
    examples: ['https://shop.example'],
  }),
  {
    minItems: 1,
    maxItems: 100,
    description: 'Scheme, host and port, as browsers send them. Absent: any origin.',
  },
)

const KEY = {
  id: Type.String(),
  role: Role,
  label: Type.String(),
  origins: Type.Union([Type.Array(Type.String()), Type.Null()]),
}

export const KeySchema = Type.Object({ ...KEY, created_at: Time })
export const KeyListSchema = page(KeySchema)

export const KeyBody = Type.Object(
  {
    role: Role,
    label: Type.Optional(orNull(Type.String({ maxLength: 200 }))),
    origins: Type.Optional(orNull(Origins)),
  },
  { additionalProperties: false },
)

/** The only answer that ever shows a key. */
export const NewKeySchema = Type.Object({ ...KEY, key: Type.String({ description: 'Shown once.' }) })

export const ProjectParams = Type.Object({ id: Type.String() })
export const KeyParams = Type.Object({ key_id: Type.String() })
