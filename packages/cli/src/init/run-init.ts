// `penstock init`: makes the secrets of an installation on its first start, and writes for every service exactly what it needs.
// Guarantees: a secret that was made once stays until it is given or rotated; a run that was killed is finished by the next;
// keys are printed when they are made and not again. Nothing here has a default value.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readEnvironment } from '../config/environment.ts'
import { CommandError } from '../terminal/command-error.ts'
import { EXIT, type ExitCode } from '../terminal/exit-code.ts'
import type { InitFlags } from './command.ts'
import { decideSecrets } from './decide-secrets.ts'
import { putFile, readText } from './owned-file.ts'
import { renderTemplate } from './render-template.ts'
import { AUDIENCES, SECRETS } from './secret-list.ts'

const ENDING = '.template'
// The directory of one audience is seen by that audience only, whatever user it runs as.
const AUDIENCE_MODE = 0o444
const MASTER_MODE = 0o400

// eslint-disable-next-line @typescript-eslint/require-await -- a command's implementation is asynchronous
export async function runInit(flags: InitFlags): Promise<ExitCode> {
  const master = join(flags.dir, 'master')
  mkdirSync(master, { recursive: true, mode: 0o700 })
  const decided = decideSecrets({
    environment: readEnvironment(),
    stored: (name) => readText(join(master, name)),
    rotate: flags.rotate ?? [],
    random: randomBytes,
  })
  if ('problems' in decided) {
    throw new CommandError(EXIT.usage, decided.problems.map((problem) => `\n  - ${problem}`).join(''))
  }
  const { values, changed } = decided
  for (const name of changed) putFile(join(master, name), values.get(name) as string, MASTER_MODE)
  const written = [...writeSecretFiles(flags.dir, values), ...writeConfigurations(flags, values)]
  process.stdout.write(report(values, changed, written, flags.show === true))
  return EXIT.ok
}

function writeSecretFiles(dir: string, values: ReadonlyMap<string, string>): string[] {
  return Object.entries(AUDIENCES).flatMap(([audience, names]) =>
    names
      .filter((name) => putFile(join(dir, audience, name), values.get(name) as string, AUDIENCE_MODE))
      .map((name) => `${audience}/${name}`),
  )
}

// `TEMPLATES/AUDIENCE/NAME.template` becomes `DIR/AUDIENCE/NAME`.
function writeConfigurations(flags: InitFlags, values: ReadonlyMap<string, string>): string[] {
  const { dir, templates } = flags
  if (templates === undefined) return []
  return readdirSync(templates, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: audience }) =>
      readdirSync(join(templates, audience))
        .filter((file) => file.endsWith(ENDING))
        .filter((file) =>
          putFile(join(dir, audience, file.slice(0, -ENDING.length)), filled(audience, file), AUDIENCE_MODE),
        )
        .map((file) => `${audience}/${file.slice(0, -ENDING.length)}`),
    )

  function filled(audience: string, file: string): string {
    const path = join(templates as string, audience, file)
    try {
      return renderTemplate(readFileSync(path, 'utf8'), values)
    } catch (error) {
      throw new CommandError(EXIT.usage, `${path}: ${(error as Error).message}`)
    }
  }
}

function report(
  values: ReadonlyMap<string, string>,
  changed: readonly string[],
  written: readonly string[],
  show: boolean,
): string {
  const keys = SECRETS.filter(({ name, shown }) => shown === true && (show || changed.includes(name)))
  const lines = keys.map(({ name }) => `  ${name.padEnd(16)} ${values.get(name) as string}`)
  const said =
    changed.length === 0
      ? 'secrets are as they were'
      : `${changed.length.toFixed(0)} of ${SECRETS.length.toFixed(0)} secrets are new`
  const wrote =
    written.length === 0 ? 'nothing had to be written' : `wrote ${written.length.toFixed(0)} files`
  const once =
    lines.length === 0 ? 'init --show prints the keys' : 'keys (printed once; init --show prints them again):'
  return [`penstock init: ${said}; ${wrote}; ${once}`, ...lines, ''].join('\n')
}
