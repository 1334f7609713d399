// What no route answers: preflights, unknown paths, wrong methods, errors. Counted under the route `other`, or under the route
// whose handler failed.
import type { FastifyInstance } from 'fastify'
import type { RouteContext } from '../routes/route-context.ts'
import { PREFLIGHT_HEADERS } from './cors.ts'
import { problemOf } from './error-handler.ts'
import { ClientGoneError } from './raw-body.ts'
import type { RouteTable } from './route-table.ts'
import { sendProblem } from './send.ts'

export function registerFallbacks(app: FastifyInstance, routes: RouteTable, context: RouteContext): void {
  const { requests } = context

  app.options('*', { schema: { hide: true }, config: { countsItself: true } }, (request, reply) => {
    const preflight = request.headers['access-control-request-method'] !== undefined
    const allowed = routes.allowed(pathOf(request.raw.url))
    const headers = preflight ? PREFLIGHT_HEADERS : { allow: (allowed ?? ['OPTIONS']).join(', ') }
    reply.hijack()
    reply.raw.writeHead(204, { ...headers, 'x-request-id': request.id })
    reply.raw.end()
    requests.observe('other', 'OPTIONS', 204, performance.now())
  })

  app.setNotFoundHandler((request, reply) => {
    const methods = routes.allowed(pathOf(request.raw.url))
    // A wildcard (the files of /docs) allows the method and still has nothing there.
    const status =
      methods === null || methods.includes(request.method)
        ? sendProblem(request, reply, {
            code: 'route_not_found',
            detail: 'There is nothing at this path; /docs lists what there is.',
          })
        : sendProblem(request, reply, {
            code: 'method_not_allowed',
            detail: `This path answers ${methods.join(', ')}.`,
            headers: { allow: methods.join(', ') },
          })
    requests.observe('other', request.method, status, request.startedAt)
  })

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ClientGoneError) {
      reply.hijack()
      request.raw.destroy()
      return
    }
    const problem = problemOf(error, context.deps.logger, request.id)
    const status = sendProblem(request, reply, problem)
    // Routes with hooks are counted by their hook, also when they fail.
    if (request.routeOptions.config.countsItself === true || request.routeOptions.url === undefined) {
      requests.observe(request.routeOptions.url ?? 'other', request.method, status, request.startedAt)
    }
  })
}

function pathOf(url: string | undefined): string {
  const path = url ?? '/'
  const end = path.indexOf('?')
  return end < 0 ? path : path.slice(0, end)
}
