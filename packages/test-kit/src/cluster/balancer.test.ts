import { createServer, connect, type AddressInfo, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startBalancer, type Balancer } from './balancer.ts'

const closing: { close: () => unknown }[] = []
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close()
})

async function listen(answer: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.end(answer))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

const ask = ({ url }: Balancer): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })

it('takes every connection to a backend that lives, however many come at once while another is dead', async () => {
  const [dead, alive] = [await listen('dead'), await listen('alive')]
  closing.push(alive.server)
  dead.server.close()
  const balancer = await startBalancer([dead.port, alive.port])
  closing.push(balancer)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(balancer)))
  expect(new Set(answers)).toEqual(new Set(['alive']))
})

it('goes from one backend to the next', async () => {
  const [one, other] = [await listen('one'), await listen('other')]
  closing.push(one.server, other.server)
  const balancer = await startBalancer([one.port, other.port])
  closing.push(balancer)
  expect([await ask(balancer), await ask(balancer), await ask(balancer)]).toEqual(['one', 'other', 'one'])
})
