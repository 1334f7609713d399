// Finds a Chromium for browser tests, or says in one line how to get one. On a build machine (CI=true) that is root and has
// apt it installs the system's; there a browser that cannot be had is an error, never a skipped suite.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import { installWithApt } from '../program/install-with-apt.ts'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'chrome.exe',
]
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const HOW =
  'install one (Debian and Ubuntu: apt-get install chromium; anywhere: npx playwright-core install chromium) or set CHROMIUM_PATH'

export type ChromiumFinding = { path: string } | { path: null; missing: string }

/**
 * Looks at CHROMIUM_PATH, PATH, the usual places of applications and Playwright's own download, in that order.
 * Throws when CHROMIUM_PATH names nothing, and with CI=true when there is none and none can be installed.
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): ChromiumFinding {
  const named = environment['CHROMIUM_PATH']
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH is ${named}, and there is no such file`)
    return { path: named }
  }
  const found = lookAround(environment)
  if (found !== null) return { path: found }
  if (environment['CI'] !== 'true')
    return { path: null, missing: `no Chromium for the browser tests: ${HOW}` }
  installWithApt(['chromium', 'fonts-dejavu-core'], environment)
  const installed = lookAround(environment)
  if (installed === null) throw new Error(`CI=true and no Chromium for the browser tests: ${HOW}`)
  return { path: installed }
}

function lookAround(environment: NodeJS.ProcessEnv): string | null {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '')
  const candidates = [
    ...directories.flatMap((directory) => NAMES.map((name) => join(directory, name))),
    ...APPLICATIONS,
    chromium.executablePath(),
  ]
  return candidates.find((path) => existsSync(path)) ?? null
}
