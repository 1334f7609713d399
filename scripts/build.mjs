// `npm run build`: builds the `penstock` program and the SDKs, always.
import { build, buildSdks, checkNode, install } from './set-up.mjs'

checkNode()
install()
build({ force: true })
await buildSdks({ force: true })
