// Knows every path that exists and its methods, so that a path asked with a wrong method is 405 with Allow instead of 404.
import type { FastifyInstance } from 'fastify'

export interface RouteTable {
  /** Methods of the path (as sent, without the query), or null when there is nothing at all. */
  allowed(path: string): string[] | null
}

/** Listens to routes that are registered after this call. */
export function createRouteTable(app: FastifyInstance): RouteTable {
  const routes: { segments: string[]; methods: string[] }[] = []
  app.addHook('onRoute', (route) => {
    if (route.url === '*') return
    routes.push({ segments: route.url.split('/'), methods: [route.method].flat() })
  })
  return {
    allowed(path) {
      const segments = path.split('/')
      const methods = new Set(
        routes.filter((route) => fits(route.segments, segments)).flatMap((r) => r.methods),
      )
      return methods.size === 0 ? null : [...methods, 'OPTIONS'].sort()
    },
  }
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.at(-1) === '*')
    return path.length >= pattern.length && fits(pattern.slice(0, -1), path.slice(0, pattern.length - 1))
  if (pattern.length !== path.length) return false
  return pattern.every((segment, index) =>
    segment.startsWith(':') ? path[index] !== '' : segment === path[index],
  )
}
