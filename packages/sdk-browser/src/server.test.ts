// Rendered on a server: the client is there, and does nothing.
import { describe, expect, it, vi } from 'vitest'
import { createPenstock as createCore } from './core.ts'
import { createPenstock } from './index.ts'

describe('without a document', () => {
  it.each([
    ['the whole SDK', createPenstock],
    ['the core', createCore],
  ])('%s takes every call, sends nothing and ends at once', async (_, create) => {
    const asked = vi.spyOn(globalThis, 'fetch')
    const warn = vi.fn()
    const penstock = create({ writeKey: 'pk_test', host: 'http://127.0.0.1:9', logger: { warn } })
    expect(penstock.track('Rendered')).toBe(false)
    expect(penstock.identify('u1')).toBe(false)
    expect(penstock.page()).toBe(false)
    penstock.reset()
    expect(await penstock.flush()).toMatchObject({ remaining: 0 })
    expect(await penstock.shutdown()).toMatchObject({ remaining: 0 })
    expect(asked).not.toHaveBeenCalled()
    expect(warn).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  it.each([
    ['the whole SDK', createPenstock],
    ['the core', createCore],
  ])('%s throws nothing, whatever it is given', async (_, create) => {
    const penstock = create({ writeKey: 'pk_test', host: 'http://127.0.0.1:9' })
    const angry = {
      toString() {
        throw new Error('no')
      },
    }
    for (const odd of [
      undefined,
      null,
      Symbol('odd'),
      Object.create(null),
      angry,
      { toString: () => null },
    ]) {
      const id = odd as string
      expect(penstock.identify(id)).toBe(false)
      expect(penstock.group(id)).toBe(false)
      expect(penstock.alias(id)).toBe(false)
      expect(penstock.track(id)).toBe(false)
      expect(penstock.page(id)).toBe(false)
    }
    expect(penstock.stats()).toMatchObject({ tracked: 30, dropped: { consent: 30 } })
    expect(await penstock.shutdown(null as unknown as undefined)).toMatchObject({ remaining: 0 })
  })

  it('consent can be given and taken there, too', () => {
    const penstock = createPenstock({ writeKey: 'pk_test', host: 'http://127.0.0.1:9', consent: 'pending' })
    penstock.optIn()
    expect(penstock.track('Rendered')).toBe(false)
    penstock.optOut()
    expect(penstock.stats().queued).toBe(0)
  })
})
