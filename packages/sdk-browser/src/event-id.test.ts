import { describeEventIds } from '@penstock/sdk-core/contracts'
import { createEventIds } from './event-id.ts'

describeEventIds(createEventIds)
