import { FAILPOINTS } from '@penstock/pipeline'
import { Type, type TSchema } from 'typebox'

export interface Variable {
  /** Checked against the parsed value. `integer` and `boolean` schemas decide how the text is read. */
  schema: TSchema
  /** As text, the way it would stand in the environment; null means "not set". */
  fallback: string | null
  /** Ends the sentence "NAME must be …". */
  expected: string
  about: string
  /** Never printed in full, and may stand in a file that `NAME_FILE` names. */
  secret?: true
  /** Refused unless `PENSTOCK_TEST=1`. */
  test?: true
}

export const port = (minimum: number) => Type.Integer({ minimum, maximum: 65_535 })

export const SAFETY_LAYERS = ['position_owner', 'missing_rows', 'durable_before_202', 'fence'] as const

/** Refused outside of tests. */
export const TEST_VARIABLES = {
  PENSTOCK_TEST: {
    schema: Type.Literal('1'),
    fallback: null,
    expected: '1, or not set',
    about: 'Allows the variables below. Never set it where events matter.',
  },
  PENSTOCK_TEST_FAILPOINT: {
    schema: Type.String({ pattern: `^(${FAILPOINTS.join('|').replaceAll('.', '\\.')})(@[1-9][0-9]{0,6})?$` }),
    fallback: null,
    expected: `NAME or NAME@N with a name of ${FAILPOINTS.join(', ')}`,
    about: 'Kills the process with -9 the N-th time this step is reached.',
    test: true,
  },
  PENSTOCK_TEST_UNSAFE: {
    schema: Type.Union(SAFETY_LAYERS.map((layer) => Type.Literal(layer))),
    fallback: null,
    expected: `one of ${SAFETY_LAYERS.join(', ')}`,
    about: 'Switches one safety layer off, to show that the tests notice.',
    test: true,
  },
  PENSTOCK_TEST_WORKER: {
    schema: Type.Union([Type.Literal('on'), Type.Literal('off')]),
    fallback: 'on',
    expected: 'on or off',
    about:
      '`off` accepts events without processing them: for benchmarks of the gateway alone and for filling a backlog.',
    test: true,
  },
} as const satisfies Record<string, Variable>
