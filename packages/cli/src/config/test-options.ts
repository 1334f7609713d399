import type { FailpointName } from '@penstock/pipeline'
import type { Values } from './read-variables.ts'
import type { SAFETY_LAYERS } from './variable.ts'

export type SafetyLayer = (typeof SAFETY_LAYERS)[number]

/** What only tests set. */
export interface TestOptions {
  readonly failpoint: { readonly name: FailpointName; readonly hit: number } | null
  readonly unsafe: SafetyLayer | null
  readonly worker: boolean
}

export function testOptions(values: Values): TestOptions {
  const failpoint = values.PENSTOCK_TEST_FAILPOINT as string | null
  const [name, hit = '1'] = failpoint?.split('@') ?? []
  return Object.freeze({
    failpoint: name === undefined ? null : { name: name as FailpointName, hit: Number(hit) },
    unsafe: values.PENSTOCK_TEST_UNSAFE as SafetyLayer | null,
    worker: values.PENSTOCK_TEST_WORKER !== 'off',
  })
}
