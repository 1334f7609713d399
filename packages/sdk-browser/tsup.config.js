import { defineConfig } from 'tsup'
import { INTERNAL_NAMES } from './internal-names.build.js'
import { scriptTag, terserOptions } from './script-tag.build.js'

// The private packages are bundled in, their types, too: a declaration must not name a package that nobody can install.
const paths = {
  '@penstock/contract': ['../contract/src/index.ts'],
  '@penstock/sdk-core': ['../sdk-core/src/index.ts'],
}

export default defineConfig([
  {
    entry: { index: 'src/index.ts', core: 'src/core.ts', react: 'src/react.ts' },
    format: ['esm', 'cjs'],
    platform: 'browser',
    target: 'es2021',
    splitting: false,
    // What a minifier can only do before it sees the application is done here: afterwards the SDK is one file among others.
    // Names stay readable in an application's debugger; its own bundler shortens them, and better when functions stay apart.
    minify: 'terser',
    terserOptions: {
      ...terserOptions,
      compress: { ...terserOptions.compress, reduce_funcs: false },
      mangle: false,
      format: { beautify: true },
    },
    esbuildOptions(options) {
      options.mangleProps = INTERNAL_NAMES
      // Puts constants where they are used: what minifies the application sees one file, and no longer that they never change.
      options.minifySyntax = true
    },
    noExternal: [/^@penstock\//],
    external: ['react'],
    dts: { compilerOptions: { baseUrl: '.', paths, incremental: false } },
    silent: true,
    clean: true,
    outDir: 'dist',
  },
  { ...scriptTag, entry: { penstock: 'src/script-tag.ts' }, outDir: 'dist' },
])
