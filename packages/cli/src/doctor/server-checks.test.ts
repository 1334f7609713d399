import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { checkServer } from './server-checks.ts'

afterEach(() => void vi.useRealTimers())

it('does not take a slow answer for a difference of the clocks', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v1/analytics/') === true) vi.setSystemTime(Date.now() + 10_000)
    response.setHeader('content-type', 'application/json')
    response.end('{"data":[]}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const keys = { writeKey: 'pk', readKey: 'rk', adminKey: 'ak' }
    const findings = await checkServer({ url, loopback: true, project: 'dev', ...keys })
    expect(findings.find(({ check }) => check === 'clock')?.result).toBe('ok')
  } finally {
    server.close()
  }
})
