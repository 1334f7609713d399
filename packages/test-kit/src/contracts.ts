export { describeSdk } from './sdk/sdk.contract.ts'
export type { SdkDrop, SdkOptions, SdkUnderTest } from './sdk/sdk.contract.ts'
