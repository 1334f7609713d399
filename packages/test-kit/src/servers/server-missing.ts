/** A server's program cannot be had on this machine. `message` says in one line what is missing and how to get it. */
export class ServerMissing extends Error {
  override readonly name = 'ServerMissing'
}
