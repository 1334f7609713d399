import { defineConfig } from 'tsup'
import { scriptTag } from '../sdk-browser/script-tag.build.js'

const shared = {
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  outDir: 'dist',
  // Our packages are TypeScript sources and go into the bundle; what comes from npm stays a dependency.
  noExternal: [/^@penstock\//],
  silent: true,
}

// `main` is CommonJS on purpose: it sizes the thread pool, and Node's loader of ES modules starts that pool.
export default defineConfig([
  { ...shared, entry: { main: 'src/main.ts' }, format: 'cjs', outExtension: () => ({ js: '.cjs' }) },
  {
    ...shared,
    entry: { program: 'src/program.ts', 'worker-thread': 'src/dev/worker-thread.ts' },
    format: 'esm',
    splitting: true,
  },
  // What the gateway serves below /sdk.
  { ...scriptTag, entry: { 'browser-script': '../sdk-browser/src/script-tag.ts' }, outDir: 'dist' },
])
