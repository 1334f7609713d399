// How a gateway in trouble treats requests. `onRequest()` is asked before the body is read, `onBody(bytes)` after it; what they return is
// done to the request: `status` and `headers` are its answer, without a status its connection is cut. `taken`: its events count.

const UP_MS = 5_000
const MAX_BODY_BYTES = 65_536

/** Every fourth request; counted, so that an SDK with small batches meets it as often as one with large ones. */
function everyFourth(fault) {
  let requests = 0
  return () => (++requests % 4 === 0 ? fault : undefined)
}

const faults = {
  /** Connections are refused for a while. */
  down: ({ downSeconds }) => ({
    start(server, port) {
      setTimeout(() => {
        server.close()
        server.closeAllConnections()
        setTimeout(() => server.listen(port, '127.0.0.1'), downSeconds * 1000)
      }, UP_MS)
    },
  }),
  /** For 2 of 6 seconds nobody gets through, and is told when to come again. */
  429: () => ({
    onBody: () =>
      performance.now() % 6_000 < 2_000 ? { status: 429, headers: { 'retry-after': '1' } } : undefined,
  }),
  413: () => ({ onBody: (bytes) => (bytes > MAX_BODY_BYTES ? { status: 413 } : undefined) }),
  'connection cut': () => ({ onRequest: everyFourth({}) }),
  'answer lost': () => ({ onBody: everyFourth({ taken: true }) }),
}

export const FAULTS = Object.keys(faults)
export const createFault = (name, circumstances) => faults[name](circumstances)
