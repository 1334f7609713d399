// `penstock dead-letters …`: the endpoints of dead letters as commands.
import { readFileSync } from 'node:fs'
import type { DeadLetterView } from '@penstock/contract/schema'
import { askServerFor } from '../server-api/request.ts'
import { resolveTarget, type Target } from '../server-api/target.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import { readCount } from '../terminal/read-count.ts'
import { printTable } from '../terminal/table.ts'
import type { DeadLetterFlags } from './dead-letter-commands.ts'

interface DeadLetterDetail extends DeadLetterView {
  body: string | null
  encoding: 'utf8' | 'base64'
}

const PAGE = 200
const MOST_LISTED = 100_000

export async function listLetters(flags: DeadLetterFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  const wanted = readCount('--limit', flags.limit ?? '50', { min: 1, max: MOST_LISTED })
  const found: DeadLetterView[] = []
  for (let cursor: string | null = ''; cursor !== null && found.length < wanted;) {
    const url = lettersUrl(target, '', {
      ...filterOf(flags),
      limit: String(Math.min(PAGE, wanted - found.length)),
      ...(cursor === '' ? {} : { cursor }),
    })
    const page: { data: DeadLetterView[]; next_cursor: string | null } = await askServerFor(url, {
      key: target.adminKey,
    })
    found.push(...page.data)
    cursor = page.next_cursor
  }
  printTable(
    found,
    ['id', 'state', 'reason', 'event_id', 'dead_at', 'attempts', 'detail'],
    flags.json === true,
  )
  return EXIT.ok
}

export async function summarise(flags: DeadLetterFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  const { data } = await askServerFor<{ data: { reason: string; state: string; count: number }[] }>(
    lettersUrl(target, '/summary'),
    { key: target.adminKey },
  )
  printTable(data, ['reason', 'state', 'count'], flags.json === true)
  return EXIT.ok
}

/** `--body` writes the original bytes and nothing else, so that they can be repaired and sent back. */
export async function showLetter(id: string, flags: DeadLetterFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  const letter = await askServerFor<DeadLetterDetail>(lettersUrl(target, `/${encodeURIComponent(id)}`), {
    key: target.adminKey,
  })
  if (flags.body === true && letter.body === null)
    throw new CommandError(
      EXIT.negative,
      `letter ${id} is ${letter.state}: its bytes are gone`,
      'They are kept while it is open.',
    )
  if (flags.body === true && letter.body !== null)
    process.stdout.write(Buffer.from(letter.body, letter.encoding))
  else if (flags.json === true) process.stdout.write(`${JSON.stringify(letter)}\n`)
  else {
    for (const [name, value] of Object.entries(letter)) process.stdout.write(`${name.padEnd(12)} ${value}\n`)
  }
  return EXIT.ok
}

export async function replayLetters(id: string | undefined, flags: DeadLetterFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  if (id !== undefined) return changeLetter(target, { id, change: 'replay', body: {} }, flags)
  if (flags.all !== true) {
    throw new CommandError(EXIT.usage, 'name a letter, or say --all', 'See `penstock dead-letters list`.')
  }
  const { replayed } = await askServerFor<{ replayed: number }>(lettersUrl(target, '/replay'), {
    method: 'POST',
    key: target.adminKey,
    body: filterOf(flags),
    timeoutMs: BULK_TIMEOUT_MS,
  })
  process.stdout.write(flags.json === true ? `${JSON.stringify({ replayed })}\n` : `${replayed} replayed\n`)
  return EXIT.ok
}

const BULK_TIMEOUT_MS = 600_000

/** The file is put into the request as it stands, so that no number in it is rounded. */
export async function repairLetter(id: string, flags: DeadLetterFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  const event = readEvent(flags.event ?? '-')
  return changeLetter(target, { id, change: 'replay', body: Buffer.from(`{"event":${event}}`) }, flags)
}

export async function discardLetter(id: string, flags: DeadLetterFlags): Promise<ExitCode> {
  return changeLetter(resolveTarget(flags), { id, change: 'discard', body: undefined }, flags)
}

async function changeLetter(
  target: Target,
  { id, change, body }: { id: string; change: 'replay' | 'discard'; body: unknown },
  flags: DeadLetterFlags,
): Promise<ExitCode> {
  const url = lettersUrl(target, `/${encodeURIComponent(id)}/${change}`)
  const result = await askServerFor<{ id: string; state: string }>(url, {
    method: 'POST',
    key: target.adminKey,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  })
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(result)}\n` : `letter ${id} is ${result.state}\n`,
  )
  return result.state === (change === 'replay' ? 'replayed' : 'discarded') ? EXIT.ok : EXIT.negative
}

function readEvent(path: string): string {
  let text: string
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8')
    JSON.parse(text)
  } catch (error) {
    throw new CommandError(
      EXIT.usage,
      `${path === '-' ? 'standard input' : path} holds no event: ${(error as Error).message}`,
      'It is one JSON object; `penstock dead-letters show ID --body` prints the original.',
    )
  }
  return text
}

const filterOf = ({ reason, since }: DeadLetterFlags): Record<string, string> => ({
  ...(reason === undefined ? {} : { reason }),
  ...(since === undefined ? {} : { since }),
})

function lettersUrl(target: Target, path: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams({ project: target.project, ...query })
  return `${target.url}/v1/dead-letters${path}?${search.toString()}`
}
