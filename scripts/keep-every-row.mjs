// For crash tests: makes the cold store of a stopped program keep every row it was ever given. ClickHouse's merges remove
// rows with equal keys in the background, which is the net below the protocol; a check that merges could tidy up before
// would not see what the protocol let through. Usage: node scripts/keep-every-row.mjs DATA_DIRECTORY
import { join } from 'node:path'
import { Session } from 'chdb'

const session = new Session(join(process.argv[2], 'cold'))
const settings = [
  'max_bytes_to_merge_at_max_space_in_pool = 1',
  'max_bytes_to_merge_at_min_space_in_pool = 1',
  // Parts are never joined now: let there be many.
  'parts_to_delay_insert = 100000',
  'parts_to_throw_insert = 100000',
]
await session.queryAsync(`ALTER TABLE penstock.events_v1 MODIFY SETTING ${settings.join(', ')}`)
session.close()
