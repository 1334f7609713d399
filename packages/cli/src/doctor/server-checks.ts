// What a running server says about itself: ready, keys, clock, lag, dead letters.
import { type ServerReply, askServer } from '../server-api/request.ts'
import type { Target } from '../server-api/target.ts'
import { sumCounters } from '../server-api/metrics-text.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const CLOCK_TOLERANCE_MS = 2000 // the Date header has whole seconds
const LAG_WARN_SECONDS = 10

export async function checkServer(target: Target): Promise<Finding[]> {
  const ready = await askServer(`${target.url}/health/ready`)
  // Compared at once: the questions that follow may take longer than clocks may differ.
  const clock = checkClock(ready.headers)
  const keys = await checkKeys(target)
  return [checkReady(target.url, ready), ...keys, clock, await checkLag(target), await checkLetters(target)]
}

function checkReady(url: string, { status, body }: ServerReply): Finding {
  if (status === 200) return ok('server', `${url} is ready`)
  const detail = `${url} is not ready (${status}): ${typeof body === 'string' ? body : JSON.stringify(body)}`
  return fail('server', detail, 'The part named is what to look at; the log of the server says more.')
}

async function checkKeys(target: Target): Promise<Finding[]> {
  const today = new Date().toISOString().slice(0, 10)
  // An id that nobody has: the key is checked before the event is looked for, and nothing is written.
  const probe = `${target.url}/events/00000000-0000-4000-8000-000000000001`
  const question = `${target.url}/v1/analytics/top-events?from=${today}&limit=1`
  const letters = `${target.url}/v1/dead-letters/summary`
  return [
    checkKey('write key', 'PENSTOCK_WRITE_KEY', await askServer(probe, { key: target.writeKey })),
    checkKey('read key', 'PENSTOCK_READ_KEY', await askServer(question, { key: target.readKey })),
    checkKey('admin key', 'PENSTOCK_ADMIN_KEY', await askServer(letters, { key: target.adminKey })),
  ]
}

function checkKey(check: string, variable: string, { status }: ServerReply): Finding {
  if (status !== 401 && status !== 403) return ok(check, 'known, and may do what it is for')
  const detail =
    status === 401 ? 'the server does not know it' : 'the server knows it, but for something else'
  return fail(
    check,
    detail,
    `Set ${variable} here to what the server was started with, or make one: penstock key create.`,
  )
}

function checkClock(headers: Headers): Finding {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date))
    return warn(
      'clock',
      'the server does not say what time it is',
      'A proxy may have removed the Date header.',
    )
  const off = Math.abs(date - Date.now())
  if (off <= CLOCK_TOLERANCE_MS) return ok('clock', 'agrees with the server')
  return warn(
    'clock',
    `${(off / 1000).toFixed(1)} s off the server's`,
    'Set both by NTP: event times come from the senders.',
  )
}

async function checkLag(target: Target): Promise<Finding> {
  const { status, body } = await askServer(`${target.url}/metrics`, { key: target.adminKey })
  if (status !== 200 || typeof body !== 'string') {
    return warn('lag', `/metrics answers ${status}`, 'It may have a port of its own (PENSTOCK_METRICS_PORT).')
  }
  const sums = sumCounters(body)
  const seconds = sums.get('penstock_worker_lag_seconds')
  const events = sums.get('penstock_worker_lag_events')
  if (seconds === undefined || events === undefined || Number.isNaN(seconds + events)) {
    return fail(
      'lag',
      'the worker does not say how far it is',
      'Restart the server; its log says why the worker is silent.',
    )
  }
  const detail = `the worker is ${seconds.toFixed(1)} s (${events} events) behind`
  if (seconds <= LAG_WARN_SECONDS) return ok('lag', detail)
  return warn(
    'lag',
    detail,
    'It catches up when less is sent. If it does not move, the log of the server says what stops it.',
  )
}

async function checkLetters(target: Target): Promise<Finding> {
  const query = `project=${encodeURIComponent(target.project)}`
  const { status, body } = await askServer(`${target.url}/v1/dead-letters/summary?${query}`, {
    key: target.adminKey,
  })
  if (status !== 200)
    return warn('dead letters', `cannot be asked for (${status})`, 'The admin key is needed.')
  const { data } = body as { data: { reason: string; state: string; count: number }[] }
  const open = data.filter(({ state, count }) => state === 'open' && count > 0)
  if (open.length === 0) return ok('dead letters', 'none open')
  const detail = open.map(({ reason, count }) => `${count} ${reason}`).join(', ')
  return warn(
    'dead letters',
    `open: ${detail}`,
    'GET /v1/dead-letters shows them; repair and replay, or discard.',
  )
}
