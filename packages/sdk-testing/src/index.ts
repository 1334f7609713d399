export { startFakeGateway } from './fake-gateway.ts'
export type {
  FakeGateway,
  FakeGatewayOptions,
  ReceivedEvent,
  ReceivedRequest,
  ScriptedAnswer,
} from './fake-gateway.ts'
