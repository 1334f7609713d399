import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// process.env is read in one place per program, so that every variable is checked and documented.
const ENV_READERS = [
  'packages/cli/src/config/**',
  'packages/test-kit/**',
  'packages/*/test/**',
  'packages/**/*.test.ts',
  'tests/**',
  'bench/**',
  'examples/**',
  'scripts/**',
]

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.penstock/**',
      '.dependency-cruiser.cjs',
      // Compiled and run as projects of their own by tests/packages.e2e.test.ts.
      'tests/packages/consumer/**',
      'examples/vite-react/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read configuration in cli/src/config.' },
      ],
    },
  },
  {
    files: ['packages/sdk-browser/src/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'global',
        'require',
        '__dirname',
        'setImmediate',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'Literal[value=/^(before)?unload$/]',
          message: 'It costs the page its back/forward cache: use pagehide.',
        },
      ],
    },
  },
  { files: ENV_READERS, rules: { 'no-restricted-properties': 'off' } },
  {
    // Clients are made of closures: no method of ours, nor the history's that is patched, is read for its `this`.
    files: ['packages/sdk-browser/src/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    // Type tests: what they show is that the compiler refuses it.
    files: ['**/*.test-d.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, varsIgnorePattern: '^plan$' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/*.contract.ts', 'tests/**/*.ts', 'packages/*/test/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        AbortSignal: 'readonly',
        performance: 'readonly',
        crypto: 'readonly',
        URLSearchParams: 'readonly',
        Request: 'readonly',
        Response: 'readonly',
      },
    },
  },
)
