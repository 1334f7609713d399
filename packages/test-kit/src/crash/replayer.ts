// Replays dead letters while the program dies: each open conflict is sent again under a new id, as an operator would repair
// it. The repaired event is in the ledger like any other, so it must be stored once, however often the replay was cut off.
import type { ApiClient } from '../program/api-client.ts'
import type { Ledger } from './ledger.ts'
import type { EventMaker } from './made-event.ts'
import type { Workload } from './workload.ts'

/** Replays one open conflict. Resolves with whether there was one and the program took it. */
export async function replayOne(deps: {
  api: ApiClient
  ledger: Ledger
  maker: EventMaker
  workload: Workload
}): Promise<boolean> {
  const { api, ledger, maker, workload } = deps
  try {
    const list = await api.admin('GET', '/v1/dead-letters?reason=event_id_conflict&limit=50')
    if (list.status !== 200) return false
    const letters = list.json()['data'] as { id: string; state: string }[]
    const letter = letters.find((candidate) => candidate.state === 'open')
    if (letter === undefined) return false
    let number = workload.newNumber()
    while (maker.roadOf(number) === 'import') number = workload.newNumber()
    const send = await ledger.tried('replay', [{ number, variant: 0, spelling: 0 }])
    const answer = await api.admin('POST', `/v1/dead-letters/${letter.id}/replay`, {
      event: maker.fields(number, 0),
    })
    if (answer.status === 202 && answer.json()['state'] === 'replayed') {
      // The answer has no accepted_at; the run's last event comes later and is waited for.
      await ledger.answered(send, '', [])
      return true
    }
    ledger.failed(send, String(answer.status))
  } catch {
    // Cut off: tried, never answered. The letter may be open still; the next replay has another id.
  }
  return false
}
