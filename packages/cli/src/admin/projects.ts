// `penstock project …`: the project endpoints as commands.
import type { Project } from '@penstock/pipeline'
import { askServerFor } from '../server-api/request.ts'
import { resolveTarget } from '../server-api/target.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { printTable } from '../terminal/table.ts'
import type { AdminFlags, CreateProjectFlags } from './commands.ts'

interface ProjectBody {
  id: string
  name: Project['name']
  retention_days: number
}

export async function listProjects(flags: AdminFlags): Promise<ExitCode> {
  const { url, adminKey: key } = resolveTarget(flags)
  const { data } = await askServerFor<{ data: ProjectBody[] }>(`${url}/v1/projects`, { key })
  printTable(data, ['id', 'name', 'retention_days'], flags.json === true)
  return EXIT.ok
}

export async function createProject(id: string, flags: CreateProjectFlags): Promise<ExitCode> {
  const { url, adminKey: key } = resolveTarget(flags)
  const days = flags.retentionDays === undefined ? undefined : Number(flags.retentionDays)
  if (days !== undefined && !Number.isSafeInteger(days)) {
    throw new CommandError(
      EXIT.usage,
      `--retention-days must be a whole number; it is ${String(flags.retentionDays)}`,
    )
  }
  const body = { id, name: flags.name ?? id, ...(days === undefined ? {} : { retention_days: days }) }
  const project = await askServerFor<ProjectBody>(`${url}/v1/projects`, { method: 'POST', key, body })
  if (flags.json === true) process.stdout.write(`${JSON.stringify(project)}\n`)
  else
    process.stdout.write(
      `project ${project.id} made; \`penstock key create --project ${project.id} --role write\` makes its first key\n`,
    )
  return EXIT.ok
}
