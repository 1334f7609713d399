// A function of a platform that freezes it as soon as the answer is out, and gives `waitUntil` for what is still to be done.
import { createPenstock } from '@penstock/node'

const penstock = createPenstock({
  writeKey: process.env.PENSTOCK_WRITE_KEY ?? 'pk_dev',
  host: process.env.PENSTOCK_URL ?? 'http://127.0.0.1:4180',
})

/** @param {Request} request @param {{ waitUntil(promise: Promise<unknown>): void }} context */
export default async function handler(request, context) {
  const { userId, document } = await request.json()
  // The platform waits until what is tracked here is delivered; the answer does not.
  const tracker = penstock.with({ userId, waitUntil: (promise) => context.waitUntil(promise) })
  tracker.track({ event: 'Document Converted', properties: { document } })
  return Response.json({ ok: true })
}
