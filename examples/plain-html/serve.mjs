// Serves index.html. Any web server would do; this one also puts another gateway's address in, when PENSTOCK_URL gives one.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const page = readFileSync(new URL('./index.html', import.meta.url), 'utf8').replaceAll(
  'http://127.0.0.1:4180',
  process.env.PENSTOCK_URL ?? 'http://127.0.0.1:4180',
)
const server = createServer((request, response) => {
  if (request.url !== '/') return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
})
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`)
})
