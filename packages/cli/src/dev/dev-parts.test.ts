import { describe, expect, it } from 'vitest'
import { createFailpoint } from '../process/failpoint-killer.ts'
import { beat, createHeartbeat, isBeating } from './heartbeat.ts'
import { serverUrl } from '../process/listen.ts'
import { readyLine } from './ready-line.ts'

describe('createFailpoint', () => {
  it('kills at the n-th visit of its own step only', () => {
    const kills: number[] = []
    let visits = 0
    const failpoint = createFailpoint({ name: 'hot.3.classified', hit: 3 }, () => kills.push(visits))
    for (visits = 1; visits <= 5; visits++) {
      failpoint('hot.1.read')
      failpoint('hot.3.classified')
    }
    expect(kills).toEqual([3])
  })
})

describe('heartbeat', () => {
  it('does not beat before the first beat, when it is stale, or when the worker is not well', () => {
    const heartbeat = createHeartbeat()
    expect(isBeating(heartbeat, 1_000)).toBe(false)
    beat(heartbeat, 1_000, true)
    expect(isBeating(heartbeat, 15_999)).toBe(true)
    expect(isBeating(heartbeat, 16_000)).toBe(false)
    beat(heartbeat, 16_000, false)
    expect(isBeating(heartbeat, 16_000)).toBe(false)
  })
})

describe('serverUrl', () => {
  const address = { address: 'x', family: 'x', port: 81 }
  it.each([
    ['0.0.0.0', 'http://127.0.0.1:81'],
    ['::', 'http://127.0.0.1:81'],
    ['::1', 'http://[::1]:81'],
    ['penstock.internal', 'http://penstock.internal:81'],
  ])('reaches %s at %s', (host, url) => {
    expect(serverUrl(address, host)).toBe(url)
  })
})

describe('readyLine', () => {
  const ready = {
    url: 'http://127.0.0.1:1',
    docs: 'http://127.0.0.1:1/docs',
    project: 'dev',
    write_key: 'pk_dev',
    read_key: 'rk_dev',
    admin_key: 'ak_dev',
    pid: 5,
  }
  it('is one line, for people and as JSON', () => {
    expect(readyLine(ready, false)).toBe(
      'ready url=http://127.0.0.1:1 docs=http://127.0.0.1:1/docs project=dev write_key=pk_dev read_key=rk_dev admin_key=ak_dev pid=5\n',
    )
    expect(JSON.parse(readyLine(ready, true))).toEqual({ ready: true, ...ready })
  })
})
