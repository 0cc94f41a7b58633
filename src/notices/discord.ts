import type { DiscordSettings, Notice } from '../domain/notice.ts'
import { discordLine, plainly } from './discord-text.ts'
import type { Answer } from './port.ts'
import { answerOf, post, withoutAnswer, type Response } from './request.ts'
import { messageOf, type Message, type Room } from './words.ts'

/**
 * What Discord's documentation allows (docs/notices.md). It counts code points; we count UTF-16 units, which are never fewer.
 */
export const discordLimits = { content: 2000, description: 4096, embeds: 6000 } as const

/** Ours is shorter: nobody reads more on a telephone, and one screen holds it. */
const longestHeading = 200
const longestBody = 2800

/** Tried in this order until the message fits. */
const rooms: readonly Room[] = [
  { cause: 600, items: 6 },
  { cause: 300, items: 6 },
  { cause: 150, items: 6 },
  { cause: 80, items: 4 },
]

const colours = { failure: 0xd6_3b_3b, 'all-clear': 0x3b_a5_5d, heartbeat: 0x3b_88_c3, summary: 0x3b_88_c3, test: 0x80_84_8e }

export interface DiscordMessage {
  readonly content: string
  readonly embeds?: readonly { readonly description: string; readonly color: number }[]
  readonly allowed_mentions: {
    readonly parse: readonly never[]
    readonly users?: readonly string[]
    readonly roles?: readonly string[]
  }
}

/** The heading is content, which telephones show and nobody can switch off; the rest is an embed, for its colour. */
export function discordMessage(notice: Notice, isDelayed: boolean, mention?: DiscordSettings['mention']): DiscordMessage {
  const called = notice.kind === 'failure' ? mention : undefined
  const { heading, body } = fitted(notice, isDelayed)
  const color =
    notice.kind === 'heartbeat' && notice.evidence?.some(({ isGood }) => !isGood) ? colours.failure : colours[notice.kind]
  return {
    content: [...mentionsOf(called), `**${heading}**`].join(' '),
    embeds: [{ description: body, color }],
    allowed_mentions: {
      parse: [],
      ...(called?.user === undefined ? {} : { users: [called.user] }),
      ...(called?.role === undefined ? {} : { roles: [called.role] }),
    },
  }
}

/** The same as nothing but letters, for a Discord that found something wrong with the other. */
export function plainestMessage(notice: Notice, isDelayed: boolean): DiscordMessage {
  const { heading, paragraphs } = messageOf(notice, isDelayed, { cause: 150, items: 3 })
  const lines = [heading, ...paragraphs.flat().map(({ text, command }) => (command === undefined ? text : `${text} ${command}`))]
  const text = lines.join(' / ').replaceAll(/[^A-Za-z0-9 .,:;/()='+-]+/g, ' ')
  return { content: text.slice(0, 1500), allowed_mentions: { parse: [] } }
}

function mentionsOf(mention: DiscordSettings['mention']): string[] {
  return [
    ...(mention?.user === undefined ? [] : [`<@${mention.user}>`]),
    ...(mention?.role === undefined ? [] : [`<@&${mention.role}>`]),
  ]
}

function fitted(notice: Notice, isDelayed: boolean): { heading: string; body: string } {
  let last = { heading: '', body: '' }
  for (const room of rooms) {
    last = laidOut(messageOf(notice, isDelayed, room))
    if (last.body.length <= longestBody) return last
  }
  return { ...last, body: wholeLines(last.body, longestBody) }
}

function laidOut({ heading, paragraphs }: Message): { heading: string; body: string } {
  const body = paragraphs.map((lines) => lines.map(discordLine).join('\n')).join('\n\n')
  // An empty embed is refused.
  return { heading: shortened(heading), body: body.trim() === '' ? '…' : body }
}

/** Escaping may double a text. */
function shortened(heading: string): string {
  let plain = Array.from(heading).slice(0, longestHeading)
  while (plainly(plain.join('')).length > longestHeading) plain = plain.slice(0, -8)
  return plainly(plain.join('')) || '…'
}

/** As many lines as fit: half a line may end within an escape. */
function wholeLines(text: string, longest: number): string {
  let kept = ''
  for (const line of text.split('\n')) {
    if (kept.length + line.length + 3 > longest) return `${kept}…`
    kept += `${line}\n`
  }
  return kept
}

/** Sends one message to a webhook of Discord. One that it finds malformed is sent once more as the plainest there is. */
export async function sendToDiscord(
  address: URL,
  notice: Notice,
  options: {
    readonly mention: DiscordSettings['mention']
    readonly isDelayed: boolean
    readonly signal: AbortSignal
    readonly version: string
  },
): Promise<Answer> {
  const execute = new URL(address)
  // Otherwise Discord answers 204 whether it kept the message or not.
  execute.searchParams.set('wait', 'true')
  const headers = {
    'Content-Type': 'application/json',
    // Discord wants this form of all clients, and turns others away.
    'User-Agent': `DiscordBot (holdfast, ${options.version})`,
  }
  const { signal } = options
  const attempt = (message: DiscordMessage) => post(execute, { headers, body: JSON.stringify(message), signal })
  try {
    const response = await attempt(discordMessage(notice, options.isDelayed, options.mention))
    if (response.status !== 400 || isUnknown(response)) return explain(response)
    return explain(await attempt(plainestMessage(notice, options.isDelayed)))
  } catch (error) {
    return withoutAnswer(error, signal)
  }
}

interface DiscordError {
  readonly code?: unknown
  readonly message?: unknown
  readonly retry_after?: unknown
}

/** Unknown webhook, and invalid webhook token. */
const goneCodes: readonly unknown[] = [10_015, 50_027]
const forumCode = 220_001

const isUnknown = (response: Response): boolean => goneCodes.includes(saidBy(response).code)

function explain(response: Response): Answer {
  const { status } = response
  const said = saidBy(response)
  const words = typeof said.message === 'string' && said.message !== '' ? `: ${said.message.slice(0, 200)}` : ''
  const reason = `Discord answers with status ${status}${words}`
  // In other words than Discord's it is a proxy's, or somebody's before Discord, and may pass.
  const isGone = [401, 403, 404].includes(status) && said.code !== undefined
  if (isGone || goneCodes.includes(said.code)) {
    return { outcome: 'gone', reason: `${reason}; the webhook was deleted, or its address is wrong` }
  }
  if (said.code === forumCode) {
    return { outcome: 'refused', reason: 'the webhook belongs to a forum: add ?thread_id=… of one of its posts to the address' }
  }
  if (status === 429 && typeof said.retry_after === 'number' && said.retry_after >= 0) {
    return { outcome: 'later', reason, afterMs: Math.ceil(said.retry_after * 1000) }
  }
  const answer = answerOf(response)
  return answer.outcome === 'delivered' ? answer : { ...answer, reason }
}

function saidBy({ body }: Response): DiscordError {
  try {
    const said: unknown = JSON.parse(body)
    return typeof said === 'object' && said !== null ? said : {}
  } catch {
    return {}
  }
}
