// Runs in vitest's main process: the servers that suites share are kept here, and only those that a suite asked for.
import { openServerDesk } from '@penstock/test-kit/servers'
import type { TestProject } from 'vitest/node'

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const desk = await openServerDesk()
  project.provide('serverDesk', desk.url)
  return () => desk.close()
}
