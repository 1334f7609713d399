// `npm run build`: builds the `penstock` program, always.
import { build, checkNode, install } from './set-up.mjs'

checkNode()
install()
build({ force: true })
