import { expect, it } from 'vitest'
import { createGuard } from './callbacks.ts'
import { createCapture } from './capture.ts'
import { createScriptedPlatform } from './testing/scripted-platform.ts'

it('refuses an event that is too large, also when its parts are not', () => {
  const platform = createScriptedPlatform()
  const capture = createCapture(platform, {}, createGuard(platform.logger))
  const half = 'x'.repeat(20_000)
  const refusal = (properties: object, context: object) =>
    capture({ type: 'track', event: 'e', properties: { ...properties }, context: { ...context } }, true)
      .refusal
  expect(refusal({}, { half })).toBeUndefined()
  expect(refusal({ half }, { half })).toBe('too_large')
  expect(refusal({}, { whole: half.repeat(5) })).toBe('too_large')
  expect(refusal({}, {})).toBeUndefined()
})
