// Broken HTTP: what Node's parser refuses before there is a request. Answers with a problem body where an answer is possible,
// and always closes the socket. Never writes into the middle of another request's answer.
import type { Socket } from 'node:net'
import type { ServerResponse } from 'node:http'
import { CODES, type RequestCode } from '@penstock/contract'
import { PROBLEM_TYPE, problemText } from './problem.ts'

const TEXTS = {
  request_timeout: 'Send the headers within 10 seconds and the whole request within 15.',
  headers_too_large: 'Request line and headers have at most 16384 bytes together.',
  body_too_large: 'The extensions of the chunks are too large; leave them out.',
  request_malformed: 'This is not HTTP/1.1 as RFC 9112 has it; the connection is closed.',
} as const satisfies Partial<Record<RequestCode, string>>

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
}

// The response that Node assigned to the socket, if any. Not in the types; Node's own default handler looks at it, too.
type HttpSocket = Socket & { _httpMessage?: ServerResponse | null }

export function createClientErrorHandler(
  nextId: () => string,
  observe: (status: number) => void,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) {
      socket.destroy()
      return
    }
    const pending = (socket as HttpSocket)._httpMessage
    if (pending?.req.complete === true && !pending.writableFinished) {
      // The bytes at fault came behind a whole request that is still being answered: its answer goes out first.
      pending.once('close', () => socket.destroy())
      pending.shouldKeepAlive = false
      return
    }
    if (!socket.writable || pending?.headersSent === true) {
      socket.destroy()
      return
    }
    const code = codeOf(error.code)
    const { status } = CODES[code]
    observe(status)
    const body = problemText({ code, detail: TEXTS[code] }, nextId())
    const head =
      `HTTP/1.1 ${status} ${REASONS[status] ?? 'Bad Request'}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
    socket.end(head + body, () => socket.destroySoon())
  }
}

function codeOf(code: string | undefined): keyof typeof TEXTS {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout'
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'body_too_large'
  return 'request_malformed'
}
