import { readFileSync } from 'node:fs'

/** The script tag of the browser SDK: the build puts it beside the program's own files, in a clone and in the package. */
export const readBrowserScript = (): string =>
  readFileSync(new URL('./browser-script.js', import.meta.url), 'utf8')
