// Names of properties that only this package's own modules share: the builds write them in a letter or two. Sources keep the
// long ones. A name may stand here only when every object that has it, in sdk-core and here, is ours and stays inside one
// bundle: nothing of the language, the page (`put`, `now`), the public interface (`flush`, `delivered`), the wire
// (`campaign`), a store, or what tabs say to each other (`settled`), who may have different versions.
const NAMES = `
  added afterMs append api attempts before byteLength carries claim claimPage clock core current decide defer elapsed enqueue
  errors failuresBefore fill forget frozen handOver heard hold inFlight initial journal keep kind leads left lifecycle local
  notBefore oldest onExit onRemoved onRoom onWritten openCookie openDatabase openStorage over passedBefore pausedUntil payload
  progress query readAll release report restore retryAfter room send sendAll sendLast setCampaign setHeld setTimer settle stamp
  start stop store survives sweep tell transport unsent view visitor wasWritten whenBelow
`
  .trim()
  .split(/\s+/)

/** An esbuild `mangleProps`; consistent between the entries of one build. */
export const INTERNAL_NAMES = new RegExp(`^(${NAMES.join('|')})$`)
