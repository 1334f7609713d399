import { INTERNAL_NAMES } from './internal-names.build.js'

// Terser knows more than esbuild of what a whole file never does: its result is 5 percent smaller.
export const terserOptions = {
  ecma: 2020,
  compress: { passes: 4, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
}

// How the script tag is built: here for the package, and in the `penstock` program, which serves it. One place, so that both
// have the same bytes and one integrity value holds for both.
export const scriptTag = {
  format: 'iife',
  platform: 'browser',
  target: 'es2021',
  minify: 'terser',
  terserOptions,
  splitting: false,
  sourcemap: false,
  silent: true,
  noExternal: [/^@penstock\//],
  esbuildOptions(options) {
    options.mangleProps = INTERNAL_NAMES
    options.minifySyntax = true // puts constants where they are used
  },
  outExtension: () => ({ js: '.js' }),
}
