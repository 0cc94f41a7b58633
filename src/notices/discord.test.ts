import { defined } from '../domain/defined.ts'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { faultsOf, invalidForm, startFakeDiscord, unknownWebhook, type FakeDiscord } from '../../test/support/fake-discord.ts'
import { parseInstant, type Instant } from '../domain/clock.ts'
import type { Notice, NoticeItem } from '../domain/notice.ts'
import { discordMessage, plainestMessage, sendToDiscord } from './discord.ts'
import { asCode, plainly } from './discord-text.ts'

const at = parseInstant('2026-01-25T19:02:00Z')

const failure = (item: Partial<NoticeItem> = {}, more: Partial<Notice> = {}): Notice => ({
  kind: 'failure',
  site: 'pi-hosting',
  at,
  items: [
    {
      subject: 'run/logs',
      component: 'logs',
      since: at,
      count: 1,
      error: { code: 'source-missing', message: 'it is missing' },
      ...item,
    },
  ],
  ...more,
})

/** Texts as they come: long ones, of signs with a meaning, of half characters, of nothing. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 3000 }),
  fc
    .array(fc.constantFrom('@everyone', '<@1234567890123456>', '```', '**', '🔷', '\ud800', '\u202e', '\n# ', '<t:1:R>', 'ab'), {
      maxLength: 900,
    })
    .map((parts) => parts.join('')),
  fc.integer({ min: 0, max: 9000 }).map((length) => '_'.repeat(length)),
)
const anyInstant = fc.integer({ min: 0, max: 4e12 }).map((number) => number as Instant)
const anyItem: fc.Arbitrary<NoticeItem> = fc.record(
  {
    subject: anyText,
    component: anyText,
    since: anyInstant,
    count: fc.nat(),
    error: fc.record({ code: fc.constant('unexpected' as const), message: anyText, hint: anyText }),
    isReminder: fc.boolean(),
    lastGood: fc.record({ id: anyText, at: anyInstant }),
    window: fc.record({ from: anyInstant, to: anyInstant }),
  },
  { requiredKeys: ['subject', 'since', 'count', 'error'] },
)
const anyNotice: fc.Arbitrary<Notice> = fc.record(
  {
    kind: fc.constantFrom('failure', 'all-clear', 'heartbeat', 'summary', 'test'),
    site: anyText,
    at: anyInstant,
    configuration: anyText,
    others: anyText,
    items: fc.array(anyItem, { maxLength: 12 }),
    evidence: fc.array(fc.record({ subject: anyText, isGood: fc.boolean(), text: anyText, at: anyInstant }), { maxLength: 60 }),
  },
  { requiredKeys: ['kind', 'site', 'at'] },
)

describe('a message for Discord', () => {
  it('keeps every limit of Discord, whatever it has to tell', () => {
    fc.assert(
      fc.property(anyNotice, fc.boolean(), (notice, isDelayed) => {
        const mention = { user: '80351110224678912', role: '165511591545143296' }
        expect(faultsOf(JSON.stringify(discordMessage(notice, isDelayed, mention)))).toEqual([])
        expect(faultsOf(JSON.stringify(plainestMessage(notice, isDelayed)))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('keeps the beginning and the end of a cause that is long, where its subject and its reason stand', () => {
    const message = `the first word ${'x'.repeat(50_000)} no space left on device`
    const [{ description } = { description: '' }] =
      discordMessage(failure({ error: { code: 'storage-full', message } }), false).embeds ?? []
    expect(description).toContain('the first word')
    expect(description).toContain('no space left on device')
    expect(description.length).toBeLessThan(1500)
  })

  it('says what failed, since when, what is left, and what to do', () => {
    const error = {
      code: 'source-missing',
      message: '/srv/logs is missing (214 files yesterday)',
      hint: 'is the volume mounted?',
    } as const
    const lastGood = { id: '7be79a4b', at: parseInstant('2026-01-24T19:02:00Z') }
    const message = discordMessage(failure({ error, lastGood }, { others: 'The other 3 components are fine.' }), false)
    expect(message.content).toBe('**logs failed on pi-hosting**')
    expect(message.embeds?.[0]?.description.replaceAll(/\w{3} \d+ \w{3} 2026 \d\d:\d\d [+-]\d\d:\d\d/g, 'TIME')).toBe(
      [
        '/srv/logs is missing (214 files yesterday)',
        'Since TIME.',
        'Last good: TIME, still restorable.',
        'Next: is the volume mounted?',
        'Look further: `holdfast status logs`',
        '',
        'The other 3 components are fine.',
      ].join('\n'),
    )
  })

  it('calls nothing restorable whose storage is out of reach', () => {
    const lastGood = { id: '7be79a4b', at }
    const [embed] =
      discordMessage(failure({ error: { code: 'storage-unreachable', message: 'gone' }, lastGood }), false).embeds ?? []
    expect(embed?.description).toMatch(/Last good: .*, restorable when that is mended\./)
    const window = { from: at, to: at }
    const [other] = discordMessage(failure({ error: { code: 'wrong-key', message: 'no' }, window }), false).embeds ?? []
    expect(other?.description).toContain('When that is mended: any second from')
  })

  it('tells several findings at once, each by its name', () => {
    const [item] = failure().items ?? []
    const second = { ...(item as NoticeItem), subject: 'watch/database/archiving', component: 'database' }
    const message = discordMessage(failure({}, { items: [item as NoticeItem, second] }), false)
    expect(message.content).toBe('**2 problems on pi-hosting**')
    expect(message.embeds?.[0]?.description).toMatch(
      /logs failed on pi-hosting: it.*\n\nWAL of database is not archived on pi-hosting: it/s,
    )
  })

  it.each([
    ['watch/database/loss', 'database', 'database would lose more than was agreed on pi-hosting'],
    ['watch/database/wal-gap', 'database', 'WAL of database is lost on pi-hosting'],
    ['watch/logs/points', 'logs', 'logs has no fresh backup on pi-hosting'],
    ['watch/logs/lock', 'logs', 'logs is locked on pi-hosting'],
    ['watch/database/wal-disk', 'database', 'a disk is nearly full, or gone on pi-hosting'],
    ['watch/state-disk', undefined, 'a disk is nearly full, or gone on pi-hosting'],
    ['watch/run', undefined, 'a run hangs, or was killed on pi-hosting'],
    ['watch/clock', undefined, 'the clock is doubtful on pi-hosting'],
    ['watch/journal', undefined, 'the journal cannot be used on pi-hosting'],
    ['watch/heartbeat', undefined, 'no heartbeat was sent on pi-hosting'],
  ])('says of %s what is the matter', (subject, component, words) => {
    const [{ since, count, error }] = failure().items as [NoticeItem]
    const found: NoticeItem = { subject, since, count, error, ...defined({ component }) }
    expect(discordMessage(failure({}, { items: [found] }), false).content).toBe(`**${words}**`)
  })

  it('calls by name only whom the configuration names, and only when something fails', () => {
    const mention = { role: '165511591545143296' }
    const called = discordMessage(
      failure({ error: { code: 'unexpected', message: '@everyone <@&165511591545143296>' } }),
      false,
      mention,
    )
    expect(called).toMatchObject({
      content: expect.stringMatching(/^<@&165511591545143296> /),
      allowed_mentions: { parse: [], roles: ['165511591545143296'] },
    })
    const over = discordMessage(failure({}, { kind: 'all-clear' }), false, mention)
    expect(over.allowed_mentions).toEqual({ parse: [] })
    expect(over.content).not.toContain('<@')
  })
})

describe('a text for Discord', () => {
  it.each([
    ['**bold** _it_ ~~no~~ ||hidden||', '\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\|\\|hidden\\|\\|'],
    ['<@1> <@&2> <#3> <t:1:R> </verb:4>', '\\<@\u200b1\\> \\<@\u200b&2\\> \\<#3\\> \\<t:1:R\\> \\</verb:4\\>'],
    ['@everyone and @here', '@\u200beveryone and @\u200bhere'],
    ['[name](https://example.org)', '\\[name\\](https\\://example.org)'],
    ['# heading', '\\# heading'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['> quote', '\\> quote'],
    ['```js\ncode```', '\\`\\`\\`js code\\`\\`\\`'],
    ['a\u0000b\u001b[31mc\u202ed', 'a b \\[31mcd'],
    ['half \ud800 of one', 'half \ufffd of one'],
    ['C:\\data\\new', 'C:\\\\data\\\\new'],
  ])('%j is shown letter by letter', (text, escaped) => {
    expect(plainly(text)).toBe(escaped)
  })

  it('stays one line of code, whatever is in a command', () => {
    expect(asCode('holdfast status `rm -r /`\n```')).toBe('`holdfast status ’rm -r /’ ’’’`')
    expect(asCode('')).toBe('` `')
  })
})

describe('Discord', () => {
  let discord: FakeDiscord
  beforeEach(async () => (discord = await startFakeDiscord()))
  afterEach(() => discord.close())

  const send = (signal: AbortSignal = AbortSignal.timeout(5000), address = discord.address) =>
    sendToDiscord(new URL(address), failure(), { mention: undefined, isDelayed: false, signal, version: '0.1.0' })

  it('takes what is documented, and is asked to say whether it did', async () => {
    expect(await send()).toEqual({ outcome: 'delivered' })
    expect(discord.messages).toHaveLength(1)
  })

  it('keeps what else stands in the address, such as the thread of a forum', async () => {
    expect(await send(undefined, `${discord.address}?thread_id=1234`)).toEqual({ outcome: 'delivered' })
  })

  it('gets the plainest message there is when it finds the other malformed', async () => {
    discord.order(invalidForm)
    expect(await send()).toEqual({ outcome: 'delivered' })
    expect(discord.messages).toEqual([
      { content: expect.stringMatching(/^logs failed on pi-hosting .*it is missing/), allowed_mentions: { parse: [] } },
    ])
  })

  it('is not asked a third time', async () => {
    discord.order(invalidForm, invalidForm)
    expect(await send()).toEqual({ outcome: 'refused', reason: 'Discord answers with status 400: Invalid Form Body' })
    expect(discord.requests).toBe(2)
  })

  it('is waited for as long as it says, by the fraction of a second', async () => {
    discord.order({ status: 429, body: { message: 'You are being rate limited.', retry_after: 0.65, global: false } })
    expect(await send()).toMatchObject({ outcome: 'later', afterMs: 650 })
  })

  it.each([
    ['an unknown webhook', unknownWebhook],
    ['a wrong token', { status: 401, body: { message: 'Invalid Webhook Token', code: 50_027 } }],
    ['a missing permission', { status: 403, body: { message: 'Missing Access', code: 50_001 } }],
  ])('is given up for %s', async (_, order) => {
    discord.order(order)
    expect(await send()).toMatchObject({ outcome: 'gone' })
    expect(discord.requests).toBe(1)
  })

  it.each([
    ['a bad day', { status: 500 }],
    ['a proxy that refuses in words of its own', { status: 403, body: 'blocked' }],
    ['a proxy that knows no such page', { status: 404, body: '<html>not found</html>' }],
    ['a proxy that wants a password', { status: 401, body: '' }],
    ['a connection that is closed', 'hang-up'],
    ['an answer that ends in its middle', 'half-closed'],
  ] as const)('is asked again after %s', async (_, order) => {
    discord.order(order)
    expect(await send()).toMatchObject({ outcome: 'later' })
  })

  it('is not waited for longer than there is time', async () => {
    discord.order('silence')
    expect(await send(AbortSignal.timeout(100))).toEqual({ outcome: 'later', reason: 'it did not answer in time' })
  })

  it('tells of a forum what is missing', async () => {
    const order = { status: 400, body: { message: 'Webhooks posted to forum channels must have a thread_name', code: 220_001 } }
    discord.order(order, order)
    expect(await send()).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('thread_id') })
  })
})
