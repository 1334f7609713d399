import { LIMITS } from '@penstock/contract'
import { expect, it } from 'vitest'
import { MAX_DEPTH, MAX_EVENT_BYTES, MAX_KEY_BYTES, MAX_KEYS } from './limits.ts'

it('has the limits of the contract', () => {
  expect({ MAX_EVENT_BYTES, MAX_DEPTH, MAX_KEYS, MAX_KEY_BYTES }).toEqual({
    MAX_EVENT_BYTES: LIMITS.maxEventBytes,
    MAX_DEPTH: LIMITS.maxDepth,
    MAX_KEYS: LIMITS.maxKeysPerObject,
    MAX_KEY_BYTES: LIMITS.maxKeyBytes,
  })
})
