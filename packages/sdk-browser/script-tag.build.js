import { INTERNAL_NAMES } from './internal-names.build.js'

// How the script tag is built: here for the package, and in the `penstock` program, which serves it. One place, so that both
// have the same bytes and one integrity value holds for both.
export const scriptTag = {
  format: 'iife',
  platform: 'browser',
  target: 'es2021',
  minify: true,
  splitting: false,
  sourcemap: false,
  silent: true,
  noExternal: [/^@penstock\//],
  esbuildOptions(options) {
    options.mangleProps = INTERNAL_NAMES
  },
  outExtension: () => ({ js: '.js' }),
}
