// Names of properties that only this package's own modules share: the builds write them in a letter or two. Sources keep the
// long ones. A name may stand here only when every object that has it, in sdk-core and here, is ours and stays inside one
// bundle: nothing of the language, the page (`put`, `now`), the public interface (`flush`, `delivered`), the wire
// (`campaign`), a store, or what tabs say to each other (`settled`), who may have different versions.
const NAMES = `
  account afterMs all allKeys api append before byteLength campaignNow claim claimPage clock core current decide defer
  elapsed enqueue erase errors failuresBefore forget guard handOver hold inFlight isOff isPrivate isServed isSettled jitter journal
  keep kind leave left load local members newId notBefore onProgress onRemoved onUnwritable onWritten pack passedBefore
  payload read readAll refusal remove resolved restore retryAfter room save send sending setCampaign setTimer settle
  stamp start stop store survives sweep tell timeText toJson totals transport unreported unsent view visitor write
`
  .trim()
  .split(/\s+/)

/** An esbuild `mangleProps`; consistent between the entries of one build. */
export const INTERNAL_NAMES = new RegExp(`^(${NAMES.join('|')})$`)
