// A project of its own for a test, with a key of each role that every process knows by the time it is handed out.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '@penstock/test-kit/cluster'

export interface Tenant {
  id: string
  write: string
  read: string
  admin: string
}

let made = 0

export async function newTenant(cluster: Cluster): Promise<Tenant> {
  const id = `tenant-${process.pid}-${++made}`
  await create(cluster, '/v1/projects', { id, name: id })
  const key = async (role: string): Promise<string> =>
    (await create(cluster, `/v1/projects/${id}/keys`, { role, label: '' })).key
  const tenant = { id, write: await key('write'), read: await key('read'), admin: await key('admin') }
  const urls = [...cluster.gateways, cluster.answers].map(({ url }) => url)
  await Promise.all(urls.map((url) => untilKnown(url, tenant.admin)))
  return tenant
}

async function create(cluster: Cluster, path: string, body: object): Promise<{ key: string }> {
  const response = await fetch(`${cluster.answers.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer ak_dev', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { key: string }
}

async function untilKnown(url: string, key: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const path = `/events/${crypto.randomUUID()}`
    const { status } = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } })
    if (status === 404) return
    await sleep(50)
  }
  throw new Error(`${url} does not know a key within 5 s`)
}
