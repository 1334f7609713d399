import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeEventLog } from '@penstock/pipeline/contracts'
import { createLmdbEventLog } from './event-log.ts'

describeEventLog('LMDB', async ({ capBytes = 2 ** 30, clock } = {}) => {
  const path = await mkdtemp(join(tmpdir(), 'penstock-log-'))
  const openLog = () => createLmdbEventLog({ path, capBytes, ...(clock === undefined ? {} : { clock }) })
  let log = await openLog()
  return {
    log,
    reopen: async () => {
      await log.close()
      log = await openLog()
      return log
    },
    close: async () => {
      await log.close()
      await rm(path, { recursive: true, force: true })
    },
  }
})
