// The real ClickHouse engine behind its HTTP interface, in a process of its own on 127.0.0.1. Boots in about a second.
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../program/free-port.ts'
import type { ClickHouseUsers } from './clickhouse-request.ts'
import { ServerMissing } from './server-missing.ts'
import { launchServer, type TestServer } from './server-process.ts'

export interface ClickHouseOptions {
  /** Everything it writes goes here; made when missing. One server at a time. */
  directory: string
  /** @defaultValue a free one */
  port?: number
  /** @defaultValue `CLICKHOUSE_TEST_USERS` */
  users?: ClickHouseUsers
}

/** One who may do everything, and one who may only ask. */
export const CLICKHOUSE_TEST_USERS = {
  penstock: { password: 'writer-password', readonly: false },
  penstock_questions: { password: 'reader-password', readonly: true },
} as const

const DEADLINE_MS = 60_000
const PORT_ATTEMPTS = 3
const FRONT = fileURLToPath(new URL('clickhouse-front.ts', import.meta.url))

/** Throws ServerMissing where the engine does not run. */
export function clickHouseProgram(): string {
  try {
    return createRequire(import.meta.url).resolve('chdb')
  } catch (error) {
    throw new ServerMissing('the ClickHouse engine (npm package chdb) is not installed', { cause: error })
  }
}

/** Throws ServerMissing, and another error when it does not come up. */
export async function startClickHouse(options: ClickHouseOptions): Promise<TestServer> {
  clickHouseProgram()
  const directory = resolve(options.directory)
  mkdirSync(directory, { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    try {
      return await launchServer({
        name: 'ClickHouse',
        port,
        command: process.execPath,
        args: ['--import', 'tsx', FRONT, join(directory, 'data'), String(port)],
        env: {
          PENSTOCK_TEST_CLICKHOUSE_USERS: JSON.stringify(options.users ?? CLICKHOUSE_TEST_USERS),
          UV_THREADPOOL_SIZE: '32', // a query holds a thread of the pool
        },
        ready: async () => (await fetch(`http://127.0.0.1:${port}/ping`)).ok,
        deadlineMs: DEADLINE_MS,
      })
    } catch (error) {
      if (!/EADDRINUSE|already in use/.test(String(error)) || attempt === PORT_ATTEMPTS) throw error
    }
  }
}
