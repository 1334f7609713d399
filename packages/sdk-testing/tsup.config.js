import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsup'

const source = (name) => fileURLToPath(new URL(`../${name}/src/index.ts`, import.meta.url))

// Our private packages go into the bundle, code and types. `index` runs anywhere; `gateway` needs Node.
export default defineConfig({
  entry: { index: 'src/index.ts', gateway: 'src/gateway.ts' },
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  splitting: false,
  outDir: 'dist',
  clean: true,
  silent: true,
  removeNodeProtocol: false,
  sourcemap: false,
  noExternal: [/^@penstock\//],
  dts: {
    // tsup leaves imports of private packages in published types unless their sources are mapped.
    compilerOptions: {
      incremental: false,
      baseUrl: '.',
      ignoreDeprecations: '5.0',
      paths: {
        '@penstock/sdk-core': [source('sdk-core')],
        '@penstock/contract': [source('contract')],
      },
    },
    resolve: [/^@penstock\//],
  },
})
