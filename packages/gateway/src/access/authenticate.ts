// From a request's key to what it may do, and to the project it speaks of. Keys stand in Authorization (Bearer, or Basic as the
// user name) or, write keys only, in the query. Everything refused here is a ProblemError.
import type { KeyRole } from '@penstock/pipeline'
import { ProblemError } from '../http/problem.ts'
import type { Access, KeyRing } from './key-ring.ts'

/** A request's standing: its key, and the project it is about. */
export interface Caller {
  readonly access: Access
  readonly projectId: string
}

export interface Credentials {
  authorization: string | undefined
  /** As sent, with the query. */
  url: string
  origin: string | undefined
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="penstock"' }
const MISSING =
  'Send a key as "Authorization: Bearer KEY", as the user name of Basic, or (write keys) as ?write_key=.'
const UNKNOWN = 'No such key. It may have been revoked.'

/**
 * Who calls. `roles`: which keys may do this; admin keys always may.
 * @throws ProblemError 401 `key_missing` `key_unknown`, 403 `key_not_allowed` `origin_not_allowed`, 404 `project_not_found`
 */
export function authenticate(ring: KeyRing, credentials: Credentials, roles: readonly KeyRole[]): Caller {
  const queryAt = credentials.url.indexOf('?')
  const query = queryAt < 0 ? null : new URLSearchParams(credentials.url.slice(queryAt + 1))
  const access = findAccess(ring, credentials.authorization, query)
  if (access.role !== 'admin' && !roles.includes(access.role)) {
    throw new ProblemError('key_not_allowed', `A ${access.role} key may not do this.`)
  }
  const { origin } = credentials
  if (access.origins !== null && origin !== undefined && !access.origins.has(origin.toLowerCase())) {
    throw new ProblemError(
      'origin_not_allowed',
      'The key lists the origins it may be used from; this is none of them.',
    )
  }
  const named = query?.get('project') ?? null
  if (named === null || named === access.projectId) return { access, projectId: access.projectId }
  if (!access.installation) {
    throw new ProblemError(
      'key_not_allowed',
      'Only the admin key of the installation may name another project.',
    )
  }
  if (!ring.hasProject(named)) throw new ProblemError('project_not_found', 'No project has this id.')
  return { access, projectId: named }
}

function findAccess(ring: KeyRing, authorization: string | undefined, query: URLSearchParams | null): Access {
  const key = authorization === undefined ? null : keyOfHeader(authorization)
  if (key !== null) return ring.find(key) ?? unknownKey()
  const writeKey = query?.get('write_key') ?? null
  if (writeKey === null || writeKey === '')
    throw new ProblemError('key_missing', MISSING, { headers: CHALLENGE })
  const access = ring.find(writeKey) ?? unknownKey()
  // Addresses end up in logs and histories; what is secret does not belong there.
  if (access.role !== 'write') {
    throw new ProblemError(
      'key_not_allowed',
      'Only write keys may stand in the query; revoke this key, it may have leaked.',
    )
  }
  return access
}

function unknownKey(): never {
  throw new ProblemError('key_unknown', UNKNOWN, { headers: CHALLENGE })
}

/** The key in an Authorization header, or null when it holds none. */
export function keyOfHeader(authorization: string): string | null {
  if (authorization.startsWith('Bearer ')) return authorization.slice(7).trim() || null
  const match = /^(bearer|basic) +(\S+) *$/i.exec(authorization)
  if (match === null) return null
  const [, scheme = '', value = ''] = match
  if (scheme.toLowerCase() === 'bearer') return value
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return (colon < 0 ? text : text.slice(0, colon)) || null
}
