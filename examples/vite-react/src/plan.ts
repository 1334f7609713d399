// The tracking plan: event name → its properties. Wrong names and properties do not compile.
export type Plan = {
  'Product Viewed': { sku: string }
  'Order Completed': { total: number; coupon?: string }
}
