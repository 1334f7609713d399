import { defineConfig } from 'vitest/config'

const shared = { setupFiles: ['tests/seed.setup.ts'], testTimeout: 30_000, hookTimeout: 60_000 }

// unit: beside the code, no servers. integration: real stores in temporary directories. browser: the browser SDK in a real
// Chromium. system: the built program as processes.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/*.contract.test.ts'],
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['packages/*/src/**/*.contract.test.ts', 'packages/*/test/**/*.int.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['packages/sdk-browser/test/**/*.browser.test.ts'],
          pool: 'forks',
          // Each file runs a browser of its own, which fills the cores by itself.
          fileParallelism: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['tests/**/*.e2e.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
    ],
  },
})
