// "(event time, event id)" of the event that a record comes from, as the record's body: f64 time, then the 16 bytes of the id.

const TIME_BYTES = 8
const ORDER_BYTES = TIME_BYTES + 16

export function encodeOrder(eventTime: number, eventId: Uint8Array): Buffer {
  const order = Buffer.allocUnsafe(ORDER_BYTES)
  order.writeDoubleLE(eventTime, 0)
  order.set(eventId, TIME_BYTES)
  return order
}

/** Below 0 when the event stands before the one of `order`, 0 when it is the same. */
export function compareOrder(eventTime: number, eventId: Uint8Array, order: Buffer): number {
  const time = order.readDoubleLE(0)
  return eventTime === time ? Buffer.compare(eventId, order.subarray(TIME_BYTES)) : eventTime - time
}
