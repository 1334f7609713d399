// Keeps the driver's control connection from being renewed twice at once. It listens twice to a connection that it opened anew, so that
// the loss of that one begins two renewals; one of them may clear what the other is about to use, and the TypeError that follows ends
// the process, because nobody waits for a renewal that a timer began. A gateway died so when the server was killed twice within
// seconds. Known as NODEJS-681 and open in 4.10.0; can go when the driver does it itself.
import type { Client } from 'cassandra-driver'

export interface ControlConnection {
  /** With hosts: the next try of a renewal that is on its way. */
  _refresh: (hosts?: Iterator<unknown>) => Promise<void>
}

export function oneRefreshAtATime(control: ControlConnection): void {
  const refresh = control._refresh.bind(control)
  let running: Promise<void> | null = null
  control._refresh = (hosts) => {
    if (hosts !== undefined) return refresh(hosts)
    running ??= refresh().finally(() => {
      running = null
    })
    return running
  }
}

/** @throws TypeError when this version of the driver keeps it elsewhere. */
export function controlConnectionOf(client: Client): ControlConnection {
  const control = (client as unknown as { controlConnection?: Partial<ControlConnection> }).controlConnection
  if (typeof control?._refresh !== 'function')
    throw new TypeError('cassandra-driver has no controlConnection._refresh: see one-refresh.ts')
  return control as ControlConnection
}
