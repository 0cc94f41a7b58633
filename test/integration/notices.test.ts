import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest'
import {
  invalidForm,
  startFakeDiscord,
  unknownWebhook,
  type FakeDiscord,
  type FakeMessage,
  type Order,
} from '../support/fake-discord.ts'
import { createTestSite, passphrase, writeSecret, type TestSite } from '../support/test-site.ts'

/** What people hear of a site, from a fake Discord that is as strict as the real one. One site; each test leaves it well. */

const [pair] = inject('pairs')
let site: TestSite
let discord: FakeDiscord
let listener: Server
/** What everybody but Discord was sent: path and body. */
const heard: { path: string; body: string }[] = []

const logs = () => join(site.root, 'logs')
const textOf = ({ content = '', embeds = [] }: FakeMessage): string =>
  [content, ...embeds.map(({ description = '' }) => description)].join('\n')

/** What has arrived since the last call. */
let seen = 0
function arrived(): string[] {
  const texts = discord.messages.slice(seen).map(textOf)
  seen = discord.messages.length
  return texts
}
const breakLogs = () => renameSync(logs(), `${logs()}-unmounted`)
const mendLogs = () => renameSync(`${logs()}-unmounted`, logs())

/** A bad day that is said to last longer than anybody waits. */
const badDay: Order = { status: 503, body: 'upstream connect error', headers: { 'Retry-After': '3600' } }

beforeAll(async () => {
  if (pair === undefined) throw new Error('there is no pair of engines')
  discord = await startFakeDiscord()
  listener = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      heard.push({ path: request.url ?? '', body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const elsewhere = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
  site = await createTestSite({ pair, settings: { notify: { discord: {} } } })
  writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}\n`)
  writeSecret(site.root, 'webhook.env', `WEBHOOK_URL=${elsewhere}/hook/0123456789abcdef\n`)
  writeSecret(site.root, 'ping.env', `PING_URL=${elsewhere}/ping/0123456789abcdef\n`)
  mkdirSync(logs())
  writeFileSync(join(logs(), 'access.log'), 'GET /\n')
  usual()
  await site.ask('setup', 'apply', '--yes')
})
afterAll(async () => {
  await site.remove()
  await discord.close()
  listener.close()
})

// A test that failed shall not fail the next one.
afterEach(() => {
  if (existsSync(`${logs()}-unmounted`)) mendLogs()
  usual()
  rmSync(join(site.root, 'state', site.name, 'notices.json'), { force: true })
  arrived()
})

const files = (...paths: string[]) => ({ files: { paths } })
const usual = (notify: object = { discord: {} }) =>
  site.configure({ notify, components: { logs: files(logs()), documents: files(site.documents) } })

test('a component that fails is told at once, in one message however often, and its end', async () => {
  expect((await site.ask('backup')).run).not.toHaveProperty('notices')
  expect(discord.requests).toBe(0)
  breakLogs()
  const failed = await site.holdfast('backup')
  expect(failed.exitCode).toBe(3)
  expect(failed.stdout).toMatch(/1 of 2 done in .* · Discord told/)
  const [message, ...others] = arrived()
  expect(others).toEqual([])
  expect(message).toContain(`logs failed on ${site.name}`)
  expect(message).toContain('is missing (1 entry at the last good backup)')
  expect(message).toMatch(/Last good: .* \+08:00, still restorable\./)
  expect(message).toContain('`holdfast status logs')
  // Told before the run went on, and not at its end.
  expect(message).toContain('The run goes on with documents.')
  await site.holdfast('backup')
  expect(arrived()).toEqual([])
  mendLogs()
  expect((await site.ask('backup')).run.notices).toEqual([{ channel: 'discord', outcome: 'delivered' }])
  expect(arrived()).toEqual([expect.stringMatching(/Over: logs failed on .*\n.*lasted .*, seen 2 times/)])
  const told = site.journal().filter(({ type }) => type === 'notice')
  expect(told.map(({ kind, channel, outcome, subjects }) => [kind, channel, outcome, subjects])).toEqual([
    ['failure', 'discord', 'delivered', ['run/logs']],
    ['all-clear', 'discord', 'delivered', ['run/logs']],
  ])
})

test('what Discord did not take on a bad day comes with the next run, in order and with its date', async () => {
  // When the step has failed, and once more at the end of the run.
  discord.order(badDay, badDay)
  breakLogs()
  const failed = await site.holdfast('backup', 'logs', '--json')
  expect(failed.exitCode).toBe(3)
  expect(failed.json.run.notices).toEqual([{ channel: 'discord', outcome: 'waits', reason: 'Discord answers with status 503' }])
  expect(arrived()).toEqual([])
  mendLogs()
  expect((await site.ask('backup', 'logs')).run).toMatchObject({
    outcome: 'done',
    notices: [{ channel: 'discord', outcome: 'delivered' }],
  })
  expect(arrived()).toEqual([expect.stringContaining('logs failed on'), expect.stringContaining('Over: logs failed on')])
})

test('a rate limit is waited for, and a notice found malformed is sent as the plainest one', async () => {
  discord.order({ status: 429, body: { message: 'You are being rate limited.', retry_after: 0.2, global: false } }, invalidForm)
  breakLogs()
  await site.holdfast('backup', 'logs')
  expect(arrived()).toEqual([expect.stringMatching(/^logs failed on [^*]* Next: /)])
  mendLogs()
  await site.ask('backup', 'logs')
  expect(arrived()).toHaveLength(1)
})

test('a webhook that was deleted is given up, and what it missed comes when it has another address', async () => {
  discord.order(unknownWebhook)
  breakLogs()
  expect((await site.holdfast('backup', 'logs')).stdout).toContain(
    'Discord not told: Discord answers with status 404: Unknown Webhook',
  )
  const asked = discord.requests
  mendLogs()
  expect((await site.ask('backup', 'logs')).run).toMatchObject({ outcome: 'done', notices: [{ outcome: 'given-up' }] })
  expect(discord.requests).toBe(asked)
  writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}?thread_id=1\n`)
  expect((await site.ask('backup', 'logs')).run.notices).toEqual([{ channel: 'discord', outcome: 'delivered' }])
  expect(arrived()).toEqual([expect.stringContaining('logs failed on'), expect.stringContaining('Over: logs failed on')])
})

test('an error as long as they come, with a secret in it, arrives short and without the secret', async () => {
  const segment = `${passphrase} @everyone ${'x'.repeat(180)}`
  const path = join(site.root, ...Array.from({ length: 14 }, () => segment), 'the end of it')
  site.configure({ components: { logs: files(logs(), path), documents: files(site.documents) } })
  expect((await site.holdfast('backup', 'logs')).exitCode).toBe(3)
  const [message = ''] = arrived()
  expect(message).toMatch(/logs failed on .*the end of it is missing/s)
  expect(message.length).toBeLessThan(3000)
  expect(message).toContain('\\[redacted\\]')
  expect(message).not.toContain(passphrase)
  expect(message).not.toContain('@everyone')
  expect(JSON.stringify(site.journal().filter(({ type }) => type === 'notice'))).not.toContain(passphrase)
})

test('a configuration that cannot be read is told to whom the last good one named', async () => {
  const good = readFileSync(site.file, 'utf8')
  writeFileSync(site.file, `${good}\nretension: forever\n`)
  for (let twice = 0; twice < 2; twice += 1) expect((await site.holdfast('backup', 'logs')).exitCode).toBe(78)
  expect(arrived()).toEqual([expect.stringMatching(/no backup could begin on .*has 1 error; nothing was done/s)])
  writeFileSync(site.file, good)
  await site.ask('backup', 'logs')
  expect(arrived()).toEqual([expect.stringContaining('Over: no backup could begin on')])
})

test('a run that is killed while it tells loses no notice', async () => {
  discord.order('silence')
  breakLogs()
  const asked = discord.requests
  const run = site.start('backup', 'logs')
  await vi.waitFor(() => expect(discord.requests).toBe(asked + 1), { timeout: 30_000 })
  run.kill('SIGKILL')
  await run.ended
  mendLogs()
  await site.ask('backup', 'logs')
  expect(arrived()).toEqual([expect.stringContaining('logs failed on'), expect.stringContaining('Over: logs failed on')])
})

test('a channel without an address stops no backup, and says what is missing', async () => {
  usual({ discord: {}, webhook: { ops: {} } })
  writeSecret(site.root, 'webhook.env', '# nothing yet\n')
  const answer = await site.holdfast('notify', 'test', '--json')
  expect(answer.exitCode).toBe(3)
  expect(answer.json.notify.deliveries).toEqual([
    { channel: 'discord', outcome: 'delivered' },
    { channel: 'webhook ops', outcome: 'given-up', reason: expect.stringContaining('WEBHOOK_URL_OPS, is missing or empty in') },
  ])
  expect(arrived()).toHaveLength(1)
  const { run } = await site.ask('backup', 'logs')
  expect(run).toMatchObject({ outcome: 'done', notices: [{ channel: 'webhook ops', outcome: 'given-up' }] })
})

test('each channel gets what it is for: a webhook its document, a dead man’s switch the run', async () => {
  const address = new URL(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`)
  writeSecret(site.root, 'webhook.env', `WEBHOOK_URL=${address.href}hook/0123456789abcdef\n`)
  usual({ discord: { family: { events: ['heartbeat'] } }, webhook: { ops: { events: ['failure'] } }, ping: {} })
  heard.length = 0
  breakLogs()
  await site.holdfast('backup', 'logs')
  mendLogs()
  // What is well is one component; the switch waits for all of them.
  await site.ask('backup', 'logs')
  await site.ask('backup')
  expect(heard.map(({ path }) => path).toSorted()).toEqual([
    '/hook/0123456789abcdef',
    '/ping/0123456789abcdef',
    '/ping/0123456789abcdef/fail',
    '/ping/0123456789abcdef/start',
    '/ping/0123456789abcdef/start',
    '/ping/0123456789abcdef/start',
  ])
  const document = JSON.parse(heard.find(({ path }) => path.startsWith('/hook'))?.body ?? '{}')
  expect(document).toMatchObject({
    schemaVersion: 1,
    kind: 'failure',
    site: site.name,
    title: `logs failed on ${site.name}`,
    items: [{ subject: 'run/logs', component: 'logs', count: 1, error: { code: 'source-missing' } }],
  })
  expect(arrived()).toEqual([])
  expect((await site.ask('notify', 'heartbeat')).notify.deliveries).toEqual([{ channel: 'discord family', outcome: 'delivered' }])
  const [heartbeat] = arrived()
  expect(heartbeat).toMatch(/✓ logs: newest point .* \+08:00/)
  expect(heartbeat).toContain('✗ restore of logs: NEVER')
  expect(heartbeat).toContain('✗ drill of logs: NEVER')
  expect(heartbeat).toContain('✓ notices by ping: the last arrived')
  expect((await site.ask('notify', 'summary')).notify.deliveries).toEqual([])
})
