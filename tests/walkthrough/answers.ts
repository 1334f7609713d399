// The walk-through of examples/ecommerce-log: the very commands of its README, and every number that its questions give.
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPOSITORY } from '@penstock/test-kit'
import { expect } from 'vitest'
import { ask, penstock } from '../cli/penstock.ts'

export const EXAMPLE = join(REPOSITORY, 'examples/ecommerce-log')
export const LOG_FILE = 'ecom.csv.gz'
const RANGE = 'from=2024-01-01&to=2024-12-31'
const READ_KEY = 'rk_dev'

export interface ImportSummary {
  lines: number
  accepted: number
  refused: number
  answered: boolean
}

/** Imports the log by the README's command; `directory` gets a copy of the file, and the command's checkpoint. */
export async function importLog(url: string, directory: string): Promise<ImportSummary> {
  await copyFile(join(EXAMPLE, LOG_FILE), join(directory, LOG_FILE))
  const commands = readCommands(await readFile(join(EXAMPLE, 'README.md'), 'utf8'))
  const command = commands.find(([name]) => name === 'import')
  const ended = await penstock([...command!, '--json', '--url', url], { cwd: directory })
  expect(ended.code, ended.stderr).toBe(0)
  return JSON.parse(ended.stdout) as ImportSummary
}

/** The `penstock` commands in the README's code blocks, continued lines joined. */
function readCommands(readme: string): string[][] {
  const blocks = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) =>
    block!.replaceAll('\\\n', ' '),
  )
  const lines = blocks.flatMap((block) => block.split('\n'))
  return lines.filter((line) => line.startsWith('npx penstock ')).map((line) => line.split(/\s+/).slice(2))
}

/** What the server at `url` says of one person. */
export const askPerson = async (url: string, user: string): Promise<unknown> =>
  (await ask(`${url}/v1/users/${user}`, READ_KEY)).body

/** Every number that the questions of the walk-through give. */
export async function allAnswers(url: string) {
  const question = async <Row>(path: string): Promise<Row[]> => {
    const { status, body } = await ask(`${url}${path}`, READ_KEY)
    expect(status).toBe(200)
    return (body as { data: Row[] }).data
  }
  return {
    top: await question<{ event: string; events: number; users: number; share: number }>(
      `/v1/analytics/top-events?${RANGE}&limit=1000`,
    ),
    months: await question<{ period: string; users: number }>(
      `/v1/analytics/active-users?${RANGE}&interval=month`,
    ),
    days: await question<{ period: string; users: number }>(
      `/v1/analytics/active-users?${RANGE}&interval=day&tz=Europe/Berlin`,
    ),
    retention: await question<{ cohort: string; size: number; values: (number | null)[] }>(
      `/v1/analytics/retention?${RANGE}&interval=month&periods=3`,
    ),
    timeline: await question<{ event_id: string; event: string; timestamp: string }>(
      '/v1/users/user_0000/events?limit=200',
    ),
  }
}
