// `npm run build`: builds the `penstock` program and the Node SDK, always.
import { build, buildNodeSdk, checkNode, install } from './set-up.mjs'

checkNode()
install()
build({ force: true })
buildNodeSdk()
