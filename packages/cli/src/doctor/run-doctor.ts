// `penstock doctor`: all checks, whatever the ones before found, and one line for each.
import { askServer } from '../server-api/request.ts'
import { resolveTarget } from '../server-api/target.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import type { DoctorFlags } from './command.ts'
import { type Finding, fail, warn } from './finding.ts'
import { checkConfig, checkDataDirectory, checkPort, checkVersions } from './local-checks.ts'
import { checkServer } from './server-checks.ts'

const ANSWER_TIMEOUT_MS = 3000

export async function runDoctor(flags: DoctorFlags): Promise<ExitCode> {
  const target = resolveTarget(flags)
  const running = await answers(target.url)
  const { config, findings: configuration } = checkConfig(flags.dataDir)
  const findings = [...checkVersions(), ...configuration]
  if (config !== null && target.loopback) {
    findings.push(...(await checkDataDirectory(config, running)))
    if (!running) findings.push(await checkPort(config))
  }
  if (running) findings.push(...(await checkServer(target).catch(brokenOff)))
  else
    findings.push(
      warn('server', `none answers at ${target.url}`, 'penstock dev starts one; --url names another.'),
    )
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(findings)}\n` : findings.map(findingText).join(''),
  )
  return findings.some(({ result }) => result === 'fail') ? EXIT.negative : EXIT.ok
}

/** Whether a server of ours is there: another program's answer is none. */
async function answers(url: string): Promise<boolean> {
  try {
    const { status, body } = await askServer(`${url}/health/live`, { timeoutMs: ANSWER_TIMEOUT_MS })
    return status === 200 && typeof body === 'object'
  } catch {
    return false
  }
}

const brokenOff = (error: unknown): Finding[] => [
  fail(
    'server',
    error instanceof Error ? error.message : String(error),
    'It went away while it was asked; try again.',
  ),
]

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const

export function findingText({ check, result, detail, mend }: Finding): string {
  return `${MARKS[result]}  ${check}: ${detail}\n${mend === undefined ? '' : `      ${mend}\n`}`
}
