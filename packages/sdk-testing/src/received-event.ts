/** An event as it goes over the wire, wire names. */
export interface ReceivedEvent {
  event_id: string
  type: string
  event?: string
  name?: string
  timestamp?: string
  user_id?: string
  anonymous_id?: string
  previous_id?: string
  group_id?: string
  session_id?: string
  seq?: number
  properties?: Record<string, unknown>
  traits?: Record<string, unknown>
  context?: Record<string, unknown>
}
