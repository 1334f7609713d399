// Steps 2 and 3 of the protocol: asks the stores what the verdict on a batch takes, and has it.
import { contentText, identityKey } from '@penstock/pipeline'
import type { PartitionContext } from '../partition-context.ts'
import { readableEvent, type Candidate } from './candidate.ts'
import { classify, contentWanted, type Verdicts } from './classify.ts'

type Asked = Pick<PartitionContext, 'calls'> & {
  deps: Pick<PartitionContext['deps'], 'state' | 'hot' | 'failpoint'>
  options: Pick<PartitionContext['options'], 'safety'>
}

export async function classifyBatch(context: Asked, candidates: Candidate[]): Promise<Verdicts> {
  const { deps, calls, options } = context
  const { positionOwner } = options.safety
  const lookUp = () => calls.call('state', () => deps.state.lookup(candidates))
  let entries = await lookUp()
  const wanted = contentWanted(candidates, entries, positionOwner)
  const storedContent = new Map<string, string>()
  if (wanted.length > 0) {
    const rows = await calls.call('hot', () => deps.hot.events(wanted))
    for (const row of rows) {
      if (row === null) continue
      storedContent.set(identityKey(row), contentText(readableEvent(row.bytes, row.position.seq)))
    }
    // A live event has its row. One without it was refused by the cold store in between, and its entry says so by now: compared with nothing, a
    // copy in other bytes would be a conflict.
    if (storedContent.size < wanted.length) entries = await lookUp()
  }
  deps.failpoint('hot.2.looked_up')
  return classify({ candidates, entries, storedContent, positionOwner })
}
