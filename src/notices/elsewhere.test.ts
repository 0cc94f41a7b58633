import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { makeAuthority, makeCertificate } from '../demo/certificates.ts'
import { parseInstant } from '../domain/clock.ts'
import type { Notice } from '../domain/notice.ts'
import { createChannel } from './channels.ts'
import { pingAddress } from './ping.ts'
import type { Answer } from './port.ts'

const at = parseInstant('2026-01-25T19:02:00Z')
const notice: Notice = {
  kind: 'failure',
  site: 'pi-hosting',
  at,
  items: [
    { subject: 'run/logs', component: 'logs', since: at, count: 1, error: { code: 'source-missing', message: 'it is missing' } },
  ],
}

interface Heard {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  return (server.address() as AddressInfo).port
}

/** A server that answers with a status, and notes what it was sent. */
function noting(heard: Heard[], status: number, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      heard.push({ method: request.method, path: request.url, headers: request.headers, body })
      response.writeHead(status, headers).end()
    })
  }
}

async function sent(address: string, caFile?: string): Promise<Answer> {
  const channel = createChannel({ kind: 'webhook', name: 'home', events: ['failure'], caFile }, new URL(address), '0.1.0')
  if (channel.takes !== 'notices') throw new Error('a webhook takes notices')
  return channel.send(notice, { signal: AbortSignal.timeout(5000), isDelayed: false })
}

describe('a webhook', () => {
  it('gets one document, as data and as words, with the credentials of its address', async () => {
    const heard: Heard[] = []
    const port = await listening(createServer(noting(heard, 202)))
    expect(await sent(`http://user:pass%20word@localhost:${port}/hook?key=1`)).toEqual({ outcome: 'delivered' })
    expect(heard).toMatchObject([
      {
        method: 'POST',
        path: '/hook?key=1',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Holdfast/0.1.0',
          authorization: `Basic ${Buffer.from('user:pass word').toString('base64')}`,
        },
      },
    ])
    expect(JSON.parse(heard[0]?.body ?? '')).toMatchObject({
      schemaVersion: 1,
      kind: 'failure',
      site: 'pi-hosting',
      at: '2026-01-25T19:02:00.000Z',
      title: 'logs failed on pi-hosting',
      text: expect.stringContaining('it is missing'),
      items: [{ subject: 'run/logs', since: '2026-01-25T19:02:00.000Z', error: { code: 'source-missing' } }],
    })
  })

  it('is not followed to where it points: its address is a secret', async () => {
    const [heard, elsewhere]: [Heard[], Heard[]] = [[], []]
    const target = await listening(createServer(noting(elsewhere, 200)))
    const port = await listening(createServer(noting(heard, 302, { Location: `http://localhost:${target}/` })))
    expect(await sent(`http://localhost:${port}/hook`)).toEqual({ outcome: 'refused', reason: 'it answers with status 302' })
    expect([heard.length, elsewhere.length]).toEqual([1, 0])
  })

  it.each<[number, Answer['outcome']]>([
    [204, 'delivered'],
    [400, 'refused'],
    [404, 'later'],
    [410, 'gone'],
    [429, 'later'],
    [503, 'later'],
  ])('that answers %i is %s', async (status, outcome) => {
    const port = await listening(createServer(noting([], status)))
    expect(await sent(`http://localhost:${port}/hook`)).toMatchObject({ outcome })
  })

  it('that nobody listens at may work another time, and its address stands in no reason', async () => {
    const server = createServer()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const answer = await sent(`http://localhost:${port}/hook/0123456789abcdef`)
    expect(answer).toMatchObject({ outcome: 'later', reason: expect.stringContaining('ECONNREFUSED') })
    expect(JSON.stringify(answer)).not.toContain('0123456789abcdef')
  })

  it('with the certificate of a private authority is believed only when that authority is named', async () => {
    const folder = temporaryFolder()
    const authority = await makeAuthority({ directory: folder })
    const { certificateFile, keyFile } = await makeCertificate({ directory: folder, authority })
    const server = createTlsServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, noting([], 200))
    const port = await listening(server)
    expect(await sent(`https://localhost:${port}/hook`, authority.certificateFile)).toEqual({ outcome: 'delivered' })
    expect(await sent(`https://localhost:${port}/hook`)).toMatchObject({
      outcome: 'later',
      reason: expect.stringContaining('certificate'),
    })
    expect(await sent(`https://localhost:${port}/hook`, join(folder, 'absent.pem'))).toMatchObject({
      outcome: 'later',
      reason: expect.stringContaining('absent.pem'),
    })
  })
})

describe('a dead man’s switch', () => {
  it.each([
    ['https://hc-ping.com/uuid', 'start', 'https://hc-ping.com/uuid/start'],
    ['https://hc-ping.com/uuid', 'success', 'https://hc-ping.com/uuid'],
    ['https://hc-ping.com/uuid/', 'fail', 'https://hc-ping.com/uuid/fail'],
    ['https://hc-ping.com/key/slug?create=1', 'log', 'https://hc-ping.com/key/slug/log?create=1'],
  ] as const)('%s hears of a %s at %s', (address, signal, told) => {
    expect(pingAddress(new URL(address), signal).href).toBe(told)
  })

  it('gets a line of text', async () => {
    const heard: Heard[] = []
    const port = await listening(createServer(noting(heard, 200)))
    const channel = createChannel(
      { kind: 'ping', name: undefined, signals: ['fail'] },
      new URL(`http://localhost:${port}/uuid`),
      '0.1.0',
    )
    const answer = channel.takes === 'pings' && (await channel.ping('fail', '3 of 4 done', AbortSignal.timeout(5000)))
    expect(answer).toEqual({ outcome: 'delivered' })
    expect(heard).toMatchObject([{ method: 'POST', path: '/uuid/fail', body: '3 of 4 done' }])
  })
})
