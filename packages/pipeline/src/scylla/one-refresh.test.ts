import cassandra from 'cassandra-driver'
import { describe, expect, it } from 'vitest'
import { controlConnectionOf, oneRefreshAtATime } from './one-refresh.ts'

describe('renewals of the control connection', () => {
  // What the driver does: forget the connection, get one, use it.
  const driverLike = () => {
    let connection: { use(): void } | null = null
    const ends: (() => void)[] = []
    return {
      ends,
      async _refresh() {
        connection = null
        await new Promise<void>((resolve) => ends.push(resolve))
        connection = { use: () => undefined }
        await Promise.resolve()
        connection.use()
      },
    }
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  it('one that begins while another is on its way joins it', async () => {
    const control = driverLike()
    oneRefreshAtATime(control)
    const both = [control._refresh(), control._refresh()]
    await turn()
    expect(control.ends).toHaveLength(1)
    control.ends[0]!()
    await expect(Promise.all(both)).resolves.toEqual([undefined, undefined])
  })

  it('the next one begins anew, after a failure, too', async () => {
    let calls = 0
    const control = {
      _refresh: () => (++calls === 1 ? Promise.reject(new Error('gone')) : Promise.resolve()),
    }
    oneRefreshAtATime(control)
    await expect(control._refresh()).rejects.toThrow('gone')
    await control._refresh()
    await control._refresh()
    expect(calls).toBe(3)
  })

  it('the next try of one that is on its way is not held up by it', async () => {
    const tried: unknown[] = []
    const control = {
      async _refresh(hosts?: Iterator<unknown>): Promise<void> {
        tried.push(hosts)
        if (hosts === undefined) await this._refresh([1][Symbol.iterator]())
      },
    }
    oneRefreshAtATime(control)
    await control._refresh()
    expect(tried).toEqual([undefined, expect.anything()])
  })

  it('are where this version of the driver has them', () => {
    const client = new cassandra.Client({ contactPoints: ['127.0.0.1'], localDataCenter: 'datacenter1' })
    const control = controlConnectionOf(client)
    const before = control._refresh
    oneRefreshAtATime(control)
    expect(controlConnectionOf(client)._refresh).not.toBe(before)
  })
})
