import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  describeDeadLetters,
  describeHotStore,
  describeHotSweeper,
  describeProjectStore,
  describeWorkerState,
} from '@penstock/pipeline/contracts'
import { openLmdbState, type LmdbState } from './state.ts'

async function open(): Promise<LmdbState> {
  const path = await mkdtemp(join(tmpdir(), 'penstock-state-'))
  const state = await openLmdbState({ path })
  return {
    ...state,
    close: async () => {
      await state.close()
      await rm(path, { recursive: true, force: true })
    },
  }
}

describeWorkerState('LMDB', open)
describeHotStore('LMDB', open)
describeHotSweeper('LMDB', open)
describeDeadLetters('LMDB', open)
describeProjectStore('LMDB', open)
