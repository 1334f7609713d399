export { createGateway } from './gateway.ts'
export type { Gateway, GatewayDeps, GatewayOptions, Logger } from './gateway.ts'
