// The image's health check: exit 0 when the URL answers 2xx. Without an argument it asks the gateway of this container.
const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PENSTOCK_PORT ?? 4180}/health/ready`
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) })
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 500)}`)
} catch (error) {
  console.error(`${url}: ${error.cause?.code ?? error.message}`)
  process.exitCode = 1
}
