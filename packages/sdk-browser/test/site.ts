// A web site that uses the SDK: pages at any path, the SDK's entries as scripts. Bundled from source, as an application's
// bundler would. Internal names are mangled as in the published builds, so that every test meets what users get.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { INTERNAL_NAMES } from '../internal-names.build.js'

export interface Site {
  /** `http://127.0.0.1:…` */
  readonly url: string
  /** The same site under another host name: another origin. */
  readonly otherUrl: string
  /** Pages to answer with, by path; others are an empty page with the SDK. */
  pages: Map<string, { html?: string; headers?: Record<string, string> }>
  close(): Promise<void>
}

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url))

async function bundle(contents: string, mangleProps?: RegExp): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: SOURCE, loader: 'ts' },
    define: { 'process.env.NODE_ENV': '"development"' },
    bundle: true,
    ...(mangleProps === undefined ? {} : { mangleProps }),
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

export async function startSite(): Promise<Site> {
  const scripts = new Map([
    ['/index.js', await bundle(`import * as sdk from './index.ts'; window.sdk = sdk`, INTERNAL_NAMES)],
    ['/core.js', await bundle(`import * as sdk from './core.ts'; window.sdk = sdk`, INTERNAL_NAMES)],
    [
      '/react.js',
      await bundle(`import { renderApp } from '../test/react-app.ts'; window.renderApp = renderApp`),
    ],
  ])
  const pages: Site['pages'] = new Map()
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]!
    const script = scripts.get(path)
    if (script !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script)
      return
    }
    const page = pages.get(path)
    const html = `<!doctype html><title>${path}</title><script src="/index.js"></script>`
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page?.headers })
    response.end(page?.html ?? html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    otherUrl: `http://localhost:${port}`,
    pages,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
