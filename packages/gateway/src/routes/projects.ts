// Projects and their keys. Projects are the installation's; keys are their project's admin's, too. A key's text is shown once and
// kept nowhere: only its SHA-256 is stored.
import { createHash, randomBytes } from 'node:crypto'
import {
  DEFAULT_RETENTION_DAYS,
  KeyBody,
  KeyListSchema,
  KeyParams,
  NewKeySchema,
  ProjectBody,
  ProjectListSchema,
  ProjectParams,
  ProjectQuery,
  ProjectSchema,
} from '@penstock/contract/schema'
import { formatTimestamp, type KeyRole, type Project, type ProjectKey } from '@penstock/pipeline'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { answers } from '../http/answer-schemas.ts'
import { callerOf } from '../http/caller.ts'
import { createCheck, readJsonBody } from '../http/parameter-check.ts'
import { ProblemError } from '../http/problem.ts'
import type { RouteContext, TypedApp } from './route-context.ts'

const tags = ['Projects']
const PREFIX: Record<KeyRole, string> = { write: 'pk_', read: 'rk_', admin: 'ak_' }
const KEY_BYTES = 24

export function registerProjects(app: TypedApp, context: RouteContext): void {
  registerProjectRoutes(app, context)
  registerKeyRoutes(app, context)
}

function registerProjectRoutes(app: TypedApp, context: RouteContext): void {
  const { deps, ring } = context
  const onRequest = context.allow()
  const check = createCheck(ProjectBody)

  app.get(
    '/v1/projects',
    {
      onRequest,
      schema: {
        tags,
        summary: 'All projects',
        querystring: ProjectQuery,
        response: answers(200, ProjectListSchema),
      },
    },
    async (request) => {
      requireInstallation(request)
      return { data: (await deps.projects.projects()).map(projectView), next_cursor: null }
    },
  )

  app.post(
    '/v1/projects',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Make a project',
        querystring: ProjectQuery,
        response: answers(201, ProjectSchema),
      },
      config: { documentedBody: ProjectBody },
    },
    async (request, reply) => {
      requireInstallation(request)
      const body = check(readJsonBody(request.body)) as Static<typeof ProjectBody>
      const project: Project = {
        id: body.id,
        name: body.name ?? body.id,
        retentionDays: body.retention_days ?? DEFAULT_RETENTION_DAYS,
        createdAt: deps.clock(),
      }
      if (!(await deps.projects.createProject(project))) {
        throw new ProblemError('project_exists', 'Another project has this id; nothing was changed.')
      }
      await ring.reload()
      return reply.status(201).send(projectView(project))
    },
  )
}

function registerKeyRoutes(app: TypedApp, context: RouteContext): void {
  const { deps, ring } = context
  const onRequest = context.allow()
  const check = createCheck(KeyBody)

  app.get(
    '/v1/projects/:id/keys',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Keys of a project, without the keys themselves',
        params: ProjectParams,
        querystring: ProjectQuery,
        response: answers(200, KeyListSchema),
      },
    },
    async (request) => {
      const projectId = requireProject(context, request, request.params.id)
      const keys = (await deps.projects.keys()).filter((key) => key.projectId === projectId)
      return {
        data: keys.map((key) => ({ ...keyView(key), created_at: formatTimestamp(key.createdAt) })),
        next_cursor: null,
      }
    },
  )

  app.post(
    '/v1/projects/:id/keys',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Make a key; the answer is the only one that shows it',
        params: ProjectParams,
        querystring: ProjectQuery,
        response: answers(201, NewKeySchema),
      },
      config: { documentedBody: KeyBody },
    },
    async (request, reply) => {
      const projectId = requireProject(context, request, request.params.id)
      const body = check(readJsonBody(request.body)) as Static<typeof KeyBody>
      const text = PREFIX[body.role] + randomBytes(KEY_BYTES).toString('base64url')
      const key: ProjectKey = {
        id: randomBytes(9).toString('hex'),
        projectId,
        role: body.role,
        label: body.label ?? '',
        origins: body.origins?.map((origin) => origin.toLowerCase()) ?? null,
        hash: createHash('sha256').update(text, 'utf8').digest('hex'),
        createdAt: deps.clock(),
        installation: false,
      }
      await deps.projects.putKey(key)
      await ring.reload()
      return reply.status(201).send({ ...keyView(key), key: text })
    },
  )

  app.delete(
    '/v1/keys/:key_id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Revoke a key',
        params: KeyParams,
        querystring: ProjectQuery,
        response: answers(204, Type.Null()),
      },
    },
    async (request, reply) => {
      const { access } = callerOf(request)
      const key = (await deps.projects.keys()).find(({ id }) => id === request.params.key_id)
      if (key === undefined || (!access.installation && key.projectId !== access.projectId)) {
        throw new ProblemError('key_not_found', 'No key with this id is yours to revoke.')
      }
      if (key.installation) {
        throw new ProblemError(
          'key_not_allowed',
          'The key of the installation comes from its configuration and would be back at the next start; change it there.',
        )
      }
      await deps.projects.removeKey(key.id)
      await ring.reload()
      return reply.status(204).send()
    },
  )
}

function requireInstallation(request: FastifyRequest): void {
  if (!callerOf(request).access.installation) {
    throw new ProblemError('key_not_allowed', 'Projects are for the admin key of the installation.')
  }
}

function requireProject({ ring }: RouteContext, request: FastifyRequest, id: string): string {
  const { access } = callerOf(request)
  if (!access.installation && access.projectId !== id) {
    throw new ProblemError('key_not_allowed', 'This key is for another project.')
  }
  if (!ring.hasProject(id)) throw new ProblemError('project_not_found', 'No project has this id.')
  return id
}

const projectView = (project: Project) => ({
  id: project.id,
  name: project.name,
  retention_days: project.retentionDays,
  created_at: formatTimestamp(project.createdAt),
})

const keyView = ({ id, role, label, origins }: ProjectKey) => ({
  id,
  role,
  label,
  origins: origins === null ? null : [...origins],
})
