// `penstock key …`: the key endpoints as commands.
import type { KeyRole } from '@penstock/pipeline'
import { askServerFor } from '../server-api/request.ts'
import { type Target, resolveTarget } from '../server-api/target.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { printTable } from '../terminal/table.ts'
import type { AdminFlags, CreateKeyFlags } from './commands.ts'

interface KeyBody {
  id: string
  role: KeyRole
  label: string
  origins: string[] | null
}

const ROLES = ['write', 'read', 'admin']

export async function listKeys(flags: AdminFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  const { data } = await askServerFor<{ data: KeyBody[] }>(keysUrl(target), { key: target.adminKey })
  printTable(data, ['id', 'role', 'label', 'origins'], flags.json === true)
  return EXIT.ok
}

export async function createKey(flags: CreateKeyFlags): Promise<ExitCode> {
  if (!ROLES.includes(flags.role)) {
    throw new CommandError(EXIT.usage, `--role must be one of ${ROLES.join(', ')}; it is ${flags.role}`)
  }
  const target = resolveTarget(flags)
  const created = await askServerFor<KeyBody & { key: string }>(keysUrl(target), {
    method: 'POST',
    key: target.adminKey,
    body: {
      role: flags.role,
      label: flags.label ?? '',
      ...(flags.origin === undefined ? {} : { origins: flags.origin }),
    },
  })
  if (flags.json === true) process.stdout.write(`${JSON.stringify(created)}\n`)
  else
    process.stdout.write(`${created.key}\n  id ${created.id}, role ${created.role}; it is not shown again\n`)
  return EXIT.ok
}

export async function revokeKey(id: string, flags: AdminFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  await askServerFor(`${target.url}/v1/keys/${encodeURIComponent(id)}`, {
    method: 'DELETE',
    key: target.adminKey,
  })
  process.stdout.write(
    flags.json === true ? `${JSON.stringify({ id, revoked: true })}\n` : `key ${id} revoked\n`,
  )
  return EXIT.ok
}

const keysUrl = (target: Target): string =>
  `${target.url}/v1/projects/${encodeURIComponent(target.project)}/keys`
