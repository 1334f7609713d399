// The public API of every SDK, one report per entry in packages/*/etc, taken from the built declarations. A report that differs
// from the committed one fails: `npm run api` writes them anew, and the change shows in review.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { ROOT, buildSdks, sdkPackages } from './set-up.mjs'

const update = process.argv.includes('--update')
if (update) await buildSdks()
const scratch = mkdtempSync(join(tmpdir(), 'penstock-api-'))
const problems = []
try {
  for (const { name, directory, manifest } of sdkPackages()) {
    for (const [entry, target] of Object.entries(manifest.exports)) {
      const types = target.import?.types
      if (types !== undefined) report({ name, directory, entry, types })
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
for (const problem of problems) process.stderr.write(`${problem}\n`)
process.exitCode = problems.length === 0 ? 0 : 1

function report({ name, directory, entry, types }) {
  const file = `${[name.split('/')[1], ...entry.split('/').slice(1)].join('-')}.api.md`
  const committed = existsSync(join(directory, 'etc', file))
  if (!committed && !update) {
    problems.push(`${name}: etc/${file} is missing; run \`npm run api\``)
    return
  }
  mkdirSync(join(directory, 'etc'), { recursive: true })
  const input = join(directory, types)
  const config = ExtractorConfig.prepare({
    configObject: {
      mainEntryPointFilePath: input,
      projectFolder: directory,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            lib: ['es2022', 'dom', 'dom.iterable', 'esnext.disposable'],
            module: 'esnext',
            moduleResolution: 'bundler',
            types: ['node'],
            typeRoots: [join(ROOT, 'node_modules/@types')],
            strict: true,
            skipLibCheck: true,
          },
          files: [input],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: file,
        reportFolder: join(directory, 'etc'),
        reportTempFolder: scratch,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(directory, 'package.json'),
  })
  const said = []
  const result = Extractor.invoke(config, {
    localBuild: update,
    messageCallback(message) {
      message.handled = true
      if (message.logLevel === 'error') said.push(message.text)
    },
  })
  if (said.length > 0) problems.push(`${name}: ${said.join('\n')}`)
  if (result.apiReportChanged && !update)
    problems.push(`${name}: the public API differs from etc/${file}; if it is meant to, run \`npm run api\``)
}
