// Bundles servers.ts as the product is bundled; what comes from npm is loaded from there. Returns the file.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export async function bundleServers(): Promise<string> {
  const outfile = here('../../node_modules/.cache/bench-gateway/servers.mjs')
  await build({
    entryPoints: [here('servers.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [
      {
        name: 'npm-stays-outside',
        setup: (bundling) =>
          bundling.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@penstock/') ? undefined : { path, external: true },
          ),
      },
    ],
  })
  return outfile
}
