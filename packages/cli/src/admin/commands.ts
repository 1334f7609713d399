import type { Command } from 'commander'
import { action } from '../terminal/run-action.ts'
import type { TargetFlags } from '../server-api/target.ts'

export interface AdminFlags extends TargetFlags {
  json?: true
}
export interface CreateProjectFlags extends AdminFlags {
  name?: string
  retentionDays?: string
}
export interface CreateKeyFlags extends AdminFlags {
  role: string
  label?: string
  origin?: string[]
}

const COMMON = `
The server must be running. The key comes from --admin-key or PENSTOCK_ADMIN_KEY (default ak_dev), the address from --url or
PENSTOCK_HOST and PENSTOCK_PORT.`

export function addAdminCommands(program: Command): void {
  const project = program
    .command('project')
    .description('List and create projects (admin key of the installation).')
  common(project.command('list').description('List the projects.')).action(
    action(async (flags: AdminFlags) => (await import('./projects.ts')).listProjects(flags)),
  )
  common(
    project
      .command('create')
      .description('Create a project.')
      .argument('<id>', 'lower-case letters, digits, _ and -'),
  )
    .option('--name <name>', 'what people call it (default: the id)')
    .option('--retention-days <days>', 'events older than this go from every store')
    .addHelpText('after', '\nExample:\n  penstock project create shop --name "Web shop" --retention-days 730')
    .action(
      action(async (id: string, flags: CreateProjectFlags) =>
        (await import('./projects.ts')).createProject(id, flags),
      ),
    )

  const key = program.command('key').description('List, create and revoke the keys of a project (admin key).')
  common(key.command('list').description('List the keys; the keys themselves are not stored.'))
    .option('--project <id>', 'project (PENSTOCK_PROJECT, default dev)')
    .action(action(async (flags: AdminFlags) => (await import('./keys.ts')).listKeys(flags)))
  common(key.command('create').description('Create a key. It is shown once.'))
    .requiredOption('--role <role>', 'write, read or admin')
    .option('--project <id>', 'project (PENSTOCK_PROJECT, default dev)')
    .option('--label <text>', 'what it is for')
    .option('--origin <origin...>', 'web origins that may use it, such as https://shop.example')
    .addHelpText(
      'after',
      '\nExample:\n  penstock key create --role write --label "web shop" --origin https://shop.example',
    )
    .action(action(async (flags: CreateKeyFlags) => (await import('./keys.ts')).createKey(flags)))
  common(
    key
      .command('revoke')
      .description('Revoke a key, at once and for good.')
      .argument('<id>', 'from `penstock key list`'),
  ).action(action(async (id: string, flags: AdminFlags) => (await import('./keys.ts')).revokeKey(id, flags)))
}

export function common(command: Command): Command {
  return command
    .option('--url <url>', 'server')
    .option('--admin-key <key>', 'admin key')
    .option('--json', 'answer as JSON')
    .addHelpText('after', COMMON)
}
