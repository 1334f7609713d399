import { request } from 'undici'

/** More than the services take to find out that a store does not answer. */
const LONGEST_MS = 6_000

/** Whether /health/ready says 200 within `timeoutMs`; false for whoever is not there. */
export async function isReady(url: string, timeoutMs = LONGEST_MS): Promise<boolean> {
  try {
    const response = await request(`${url}/health/ready`, {
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    })
    await response.body.dump()
    return response.statusCode === 200
  } catch {
    return false
  }
}
