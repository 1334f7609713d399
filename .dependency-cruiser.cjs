// Imports point one way; adapters are named in composition roots only. docs/architecture.md says why.
module.exports = {
  forbidden: [
    {
      name: 'resolves',
      severity: 'error',
      comment: 'An import that does not resolve escapes every other rule.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'contract-stands-alone',
      severity: 'error',
      from: { path: '^packages/contract/src' },
      to: { path: '^packages/(?!contract/)' },
    },
    {
      name: 'contract-door-is-browser-safe',
      severity: 'error',
      from: { path: '^packages/contract/src/[^/]+\\.ts$', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
    {
      name: 'pipeline-knows-contract-only',
      severity: 'error',
      from: { path: '^packages/pipeline/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/(?!contract/|pipeline/)' },
    },
    {
      name: 'pipeline-tests-know-test-kit-too',
      severity: 'error',
      from: { path: '^packages/pipeline/.*\\.test\\.ts$' },
      to: { path: '^packages/(?!contract/|pipeline/|test-kit/)' },
    },
    {
      name: 'gateway-and-worker-apart',
      severity: 'error',
      from: { path: '^packages/(gateway|worker)/' },
      to: { path: '^packages/(?!contract/|pipeline/|$1/)', pathNot: '^packages/test-kit/' },
    },
    {
      name: 'sdk-core-knows-contract-only',
      severity: 'error',
      comment: 'The core of the SDKs runs in browsers and in Node: it asks its Platform.',
      from: { path: '^packages/sdk-core/src', pathNot: '(\\.test\\.ts$|/testing/)' },
      to: { path: '^(packages/(?!contract/|sdk-core/)|node:|node_modules/)' },
    },
    {
      name: 'sdk-core-without-node',
      severity: 'error',
      from: { path: '^packages/sdk-core/src', pathNot: '(\\.test\\.ts$|/testing/)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sdks-know-no-server',
      severity: 'error',
      from: { path: '^packages/sdk-[^/]+/src', pathNot: '\\.test(-d)?\\.ts$' },
      to: { path: '^packages/(?!contract/|sdk-)' },
    },
    {
      name: 'no-test-kit-in-products',
      severity: 'error',
      from: { path: '^packages/(?!test-kit/)[^/]+/src', pathNot: '\\.(test|contract)\\.ts$' },
      to: { path: '^packages/test-kit/' },
    },
    {
      name: 'embedded-engines-in-embedded-only',
      severity: 'error',
      from: { path: '^packages/(?!embedded/)', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/(lmdb|chdb)/' },
    },
    {
      name: 'adapters-in-composition-roots',
      severity: 'error',
      from: { path: '^packages/(gateway|worker)/src' },
      to: { path: '^packages/(embedded/|pipeline/src/(clickhouse|jetstream|scylla)/)' },
    },
    {
      name: 'browser-sdk-knows-contract-and-core-only',
      severity: 'error',
      comment: 'It runs in pages: nothing of Node, nothing from npm but the application’s own React.',
      from: { path: '^packages/sdk-browser/src', pathNot: '\\.test-d\\.ts$' },
      to: {
        path: [
          '^packages/(?!contract/src/[^/]+\\.ts$|sdk-core/|sdk-browser/)',
          'node_modules/(?!(@types/)?react/)',
        ],
      },
    },
    {
      name: 'browser-sdk-without-node',
      severity: 'error',
      from: { path: '^packages/sdk-browser/src' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'enter-by-the-door',
      severity: 'error',
      comment: 'A package is entered through its exports.',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/(index|contracts|directory-owner)\\.ts$',
          '^packages/test-kit/src/servers/server-suite\\.ts$',
          '^packages/sdk-testing/src/gateway\\.ts$',
          '^packages/[^/]+/src/(schema|stream|clickhouse|jetstream|scylla|questions|servers)/index\\.ts$',
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.node'],
    },
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
