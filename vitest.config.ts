import { defineConfig } from 'vitest/config'

const source = (path: string) => new URL(`packages/${path}`, import.meta.url).pathname
// As `paths` in tsconfig.json: published packages through their sources.
const resolve = {
  alias: [
    { find: /^@penstock\/browser$/, replacement: source('sdk-browser/src/index.ts') },
    { find: /^@penstock\/node$/, replacement: source('sdk-node/src/index.ts') },
    { find: /^@penstock\/testing$/, replacement: source('sdk-testing/src/index.ts') },
    { find: /^@penstock\/testing\/gateway$/, replacement: source('sdk-testing/src/gateway.ts') },
  ],
}
const shared = { setupFiles: ['tests/seed.setup.ts'], testTimeout: 30_000, hookTimeout: 60_000 }

// unit: beside the code, no servers. integration: real stores in temporary directories. servers: NATS, CQL and ClickHouse servers as
// processes, one of each for the run. browser: the browser SDK in a real Chromium. system: the built program as processes. distributed:
// its services on such servers.
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.contract.test.ts', '**/*.srv.test.ts'],
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'integration',
          include: ['packages/*/src/**/*.contract.test.ts', 'packages/*/test/**/*.int.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'servers',
          globalSetup: ['tests/servers.setup.ts'],
          include: ['packages/*/{src,test}/**/*.srv.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['packages/sdk-browser/test/**/*.browser.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'system',
          include: ['tests/*.e2e.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'distributed',
          globalSetup: ['tests/servers.setup.ts'],
          include: ['tests/distributed/**/*.e2e.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
    ],
  },
})
