import { asOf, type Stage } from '@penstock/pipeline'
import type { RouteContext } from './routes/route-context.ts'

/**
 * Everything accepted before this moment is in what the stage's store answers from now on. To be read before the store is.
 * Unit: milliseconds since 1970, lowered by how far clocks may be apart. Throws as the log and the state do.
 */
export const answersAsOf = async (
  { deps, options }: Pick<RouteContext, 'deps' | 'options'>,
  stage: Stage,
): Promise<number> => (await asOf(deps.log, deps.state, stage)) - options.clockDifferenceMs
