import { randomInt } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import aws4 from 'aws4'
import { hasLoopback6 } from './ceph-configuration.ts'

/** The gateway accepts any region in a signature; this one suits restic and pgBackRest. */
export const region = 'us-east-1'

/**
 * A port of both loopback addresses that nothing listens on. Below the kernel's ephemeral ports, where any outgoing
 * connection could take it while the gateway is stopped.
 */
export async function freePort(exceptFor?: number): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    if (port === exceptFor) continue
    const hosts = hasLoopback6() ? ['127.0.0.1', '::1'] : ['127.0.0.1']
    const free = await Promise.all(hosts.map((host) => canListen(port, host)))
    if (!free.includes(false)) return port
  }
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer()
    server.once('error', () => settle(false))
    server.listen({ port, host }, () => server.close(() => settle(true)))
  })
}

export async function answers(port: number, ca: Buffer): Promise<boolean> {
  return exchange({ method: 'GET', path: '/', headers: {} }, port, ca).then(
    ({ status }) => status === 200,
    () => false,
  )
}

export async function putBucket(name: string, port: number, ca: Buffer, keys: SecretKeys): Promise<void> {
  const host = `localhost:${port}`
  const { headers } = aws4.sign({ service: 's3', region, host, method: 'PUT', path: `/${name}`, headers: {} }, keys)
  const { status, body } = await exchange({ method: 'PUT', path: `/${name}`, headers: headers ?? {} }, port, ca)
  if (status !== 200) throw new Error(`bucket '${name}' could not be created: HTTP ${status} ${body}`)
}

function exchange(
  request: { method: string; path: string; headers: OutgoingHttpHeaders },
  port: number,
  ca: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((settle, reject) => {
    const options = { host: 'localhost', port, ca, agent: false, timeout: 10_000, ...request }
    const sent = httpsRequest(options, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.once('end', () => settle({ status: response.statusCode ?? 0, body }))
      response.once('error', reject)
    })
    sent.once('timeout', () => sent.destroy(new Error('no answer within 10 s')))
    sent.once('error', reject)
    sent.end()
  })
}

export interface SecretKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}
