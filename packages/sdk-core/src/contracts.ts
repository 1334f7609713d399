export { describeEventIds } from './testing/event-ids.contract.ts'
