// The contract of both SDKs on the Node SDK: in memory, compressed, and with the spool.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeSdk } from '@penstock/test-kit/contracts'
import { afterAll } from 'vitest'
import { openNodeSdk } from './node-driver.ts'

const root = mkdtempSync(join(tmpdir(), 'penstock-spool-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let spools = 0

const gzip = { gzip: true }
const spool = () => ({ directory: join(root, String(spools++)) })

describeSdk('node', (options) => openNodeSdk(options, { compression: 'gzip' }), gzip)
describeSdk(
  'node with spool',
  (options) => openNodeSdk(options, { compression: 'gzip', spool: spool() }),
  gzip,
)
describeSdk(
  'node with spool and fsync',
  (options) => openNodeSdk(options, { compression: 'gzip', spool: { ...spool(), fsync: true } }),
  gzip,
)
