import { readFileSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestTls, type RequestOptions } from 'node:https'
import type { Answer } from './port.ts'

/** What came back. */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Answers are small; what is longer is cut. */
const longestAnswer = 64 * 1024

const answerTimeoutMs = 8000

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
  readonly caFile?: string | undefined
}

/**
 * One POST. Node's own client, because fetch costs more to load than all else that a check does. It follows no redirect: an
 * address is a secret, and isn't handed on to whomever a server names. Rejects with what Node says, never with the address.
 */
export async function post(address: URL, options: PostOptions): Promise<Response> {
  const content = Buffer.from(options.body)
  const wish: RequestOptions = {
    method: 'POST',
    hostname: address.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: address.port,
    path: `${address.pathname}${address.search}`,
    headers: { ...options.headers, 'Content-Length': content.length },
    agent: false,
    signal: options.signal,
    timeout: answerTimeoutMs,
    ...(address.username === ''
      ? {}
      : { auth: `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}` }),
    ...(options.caFile === undefined ? {} : { ca: readFileSync(options.caFile) }),
  }
  return new Promise<Response>((resolve, reject) => {
    const asked = (address.protocol === 'http:' ? requestPlain : requestTls)(wish, (response) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        if (length < longestAnswer) parts.push(part)
        length += part.length
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8').slice(0, longestAnswer),
        }),
      )
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${answerTimeoutMs / 1000} s`)))
    asked.on('error', reject)
    asked.end(content)
  })
}

/** What an attempt that ended without an answer comes to: a connection that could not be made, or broke. */
export function withoutAnswer(error: unknown, signal: AbortSignal): Answer {
  if (signal.aborted) return { outcome: 'later', reason: 'it did not answer in time' }
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  const message = error instanceof Error ? error.message || code : String(error)
  return { outcome: 'later', reason: `it does not answer: ${message}` }
}

/** What the status of an answer comes to, where a service says no more. */
export function answerOf(response: Response): Answer {
  const { status } = response
  if (status >= 200 && status < 300) return { outcome: 'delivered' }
  const reason = `it answers with status ${status}`
  if (status === 410) return { outcome: 'gone', reason }
  // A service behind a proxy answers like this while it is being mended.
  if ([401, 403, 404, 408, 425, 429].includes(status) || status >= 500) return { outcome: 'later', reason, ...waitOf(response) }
  return { outcome: 'refused', reason }
}

/** What `Retry-After` says, in seconds there. */
function waitOf({ headers }: Response): { afterMs?: number } {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? { afterMs: Math.ceil(seconds * 1000) } : {}
}
