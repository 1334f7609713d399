import { fileURLToPath } from 'node:url'
import { defineConfig } from 'tsup'

const source = (name) => fileURLToPath(new URL(`../${name}/src/index.ts`, import.meta.url))

// Our private packages go into the bundle, code and types; undici stays a dependency.
export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  outDir: 'dist',
  clean: true,
  silent: true,
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
