import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/**
 * A fake of Discord's webhooks, no more: it takes what their documentation allows, refuses what it forbids, and on order
 * answers as Discord does on a bad day. Lengths are counted in code points, as Discord's API does.
 */
export interface FakeDiscord {
  readonly address: string
  /** What was taken, in order. */
  readonly messages: readonly FakeMessage[]
  /** Requests of any kind. */
  readonly requests: number
  /** How the next requests are answered, one after the other; when none is left, as documented. */
  order(...orders: Order[]): void
  close(): Promise<void>
}

export interface FakeMessage {
  readonly content?: string
  readonly embeds?: readonly { readonly description?: string; readonly color?: number }[]
  readonly allowed_mentions?: {
    readonly parse?: readonly string[]
    readonly users?: readonly string[]
    readonly roles?: readonly string[]
  }
}

export type Order =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** `silence`: no answer, until the client goes. `hang-up`: the request is read and the connection closed. */
  | 'as-documented'
  | 'silence'
  | 'hang-up'
  /** A status, and half of a body. */
  | 'half-closed'

export const unknownWebhook: Order = { status: 404, body: { message: 'Unknown Webhook', code: 10_015 } }
export const invalidForm: Order = { status: 400, body: { message: 'Invalid Form Body', code: 50_035, errors: {} } }

const path = '/api/webhooks/1234567890123456789/fake-token-0123456789abcdefghijklmnopqrstuvwxyz'

export async function startFakeDiscord(): Promise<FakeDiscord> {
  const messages: FakeMessage[] = []
  const orders: Order[] = []
  const sockets = new Set<Socket>()
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    void bodyOf(request).then((body) => answer(orders.shift() ?? 'as-documented', request, response, body, messages))
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    messages,
    get requests() {
      return requests
    },
    order: (...more) => void orders.push(...more),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function answer(order: Order, request: IncomingMessage, response: ServerResponse, body: string, messages: FakeMessage[]): void {
  if (order === 'silence') return
  if (order === 'hang-up') {
    request.socket.destroy()
    return
  }
  if (order === 'half-closed') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' })
    response.write('{"id":', () => request.socket.destroy())
    return
  }
  if (order !== 'as-documented') {
    send(response, order.status, order.body ?? { message: 'as ordered', code: 0 }, order.headers)
    return
  }
  const url = new URL(request.url ?? '/', 'http://fake')
  if (url.pathname !== path) return send(response, 404, { message: 'Unknown Webhook', code: 10_015 })
  if (request.method !== 'POST') return send(response, 405, { message: '405: Method Not Allowed', code: 0 })
  // Discord turns clients away that don't say who they are.
  if (!/^DiscordBot \(\S+, \S+\)/.test(request.headers['user-agent'] ?? '')) return send(response, 403, { message: 'blocked' })
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return send(response, 400, { message: 'Cannot send an empty message', code: 50_006 })
  }
  // Without it Discord answers 204 and keeps errors to itself: a client of ours must not be content with that.
  if (url.searchParams.get('wait') !== 'true') return send(response, 400, { message: 'wait=true is missing', code: 0 })
  const faults = faultsOf(body)
  if (faults.length > 0) return send(response, 400, { message: 'Invalid Form Body', code: 50_035, errors: faults })
  const message = JSON.parse(body) as FakeMessage
  messages.push(message)
  return send(response, 200, { id: String(messages.length), ...message })
}

function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const lengthOf = (text: string): number => Array.from(text).length

/** Everything in a message that the documentation forbids. */
export function faultsOf(body: string): string[] {
  let message: unknown
  try {
    message = JSON.parse(body)
  } catch {
    return ['not JSON']
  }
  if (!isFields(message)) return ['not an object']
  const faults = unknownKeys(message, [
    'content',
    'username',
    'avatar_url',
    'tts',
    'embeds',
    'allowed_mentions',
    'flags',
    'thread_name',
  ])
  faults.push(...textFaults(message, 'content', 2000))
  const embeds = message['embeds'] ?? []
  if (!Array.isArray(embeds) || embeds.length > 10) return [...faults, 'embeds']
  if (!message['content'] && embeds.length === 0) faults.push('an empty message')
  let sum = 0
  for (const embed of embeds as unknown[]) {
    if (!isFields(embed)) return [...faults, 'an embed that is no object']
    faults.push(...unknownKeys(embed, ['title', 'description', 'url', 'timestamp', 'color', 'footer', 'author', 'fields']))
    faults.push(...textFaults(embed, 'title', 256), ...textFaults(embed, 'description', 4096))
    const { color, fields = [], footer, author } = embed
    if (color !== undefined && !(Number.isInteger(color) && Number(color) >= 0 && Number(color) <= 0xff_ff_ff))
      faults.push('color')
    if (!Array.isArray(fields) || fields.length > 25) return [...faults, 'fields']
    const texts: unknown[] = [embed['title'], embed['description']]
    for (const field of fields as unknown[]) {
      if (!isFields(field) || !field['name'] || !field['value']) return [...faults, 'an empty field']
      faults.push(...textFaults(field, 'name', 256), ...textFaults(field, 'value', 1024))
      texts.push(field['name'], field['value'])
    }
    if (isFields(footer)) faults.push(...textFaults(footer, 'text', 2048))
    if (isFields(author)) faults.push(...textFaults(author, 'name', 256))
    texts.push(isFields(footer) && footer['text'], isFields(author) && author['name'])
    if (texts.every((one) => !one)) faults.push('an empty embed')
    for (const one of texts) if (typeof one === 'string') sum += lengthOf(one)
  }
  if (sum > 6000) faults.push(`${sum} characters in all embeds`)
  return [...faults, ...mentionFaults(message['allowed_mentions'])]
}

function mentionFaults(allowed: unknown): string[] {
  if (allowed === undefined) return []
  if (!isFields(allowed)) return ['allowed_mentions']
  const { parse = [], users = [], roles = [] } = allowed
  const areIds = (list: unknown) =>
    Array.isArray(list) && list.length <= 100 && list.every((id) => /^\d{15,20}$/.test(String(id)))
  const isParse = Array.isArray(parse) && parse.every((word) => ['users', 'roles', 'everyone'].includes(String(word)))
  return isParse && areIds(users) && areIds(roles) ? [] : ['allowed_mentions']
}

function textFaults(fields: Fields, key: string, longest: number): string[] {
  const value = fields[key]
  if (value === undefined) return []
  if (typeof value !== 'string') return [`${key} is no text`]
  if (Buffer.from(value).toString() !== value) return [`${key} holds half a character`]
  return lengthOf(value) > longest ? [`${key} has ${lengthOf(value)} characters`] : []
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

const unknownKeys = (fields: Fields, known: readonly string[]): string[] =>
  Object.keys(fields)
    .filter((key) => !known.includes(key))
    .map((key) => `unknown ${key}`)
