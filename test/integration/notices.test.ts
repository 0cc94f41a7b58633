import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { startFakeDiscord, type FakeDiscord, type FakeMessage } from '../support/fake-discord.ts'
import { createTestSite, writeSecret, type TestSite } from '../support/test-site.ts'

/** What people hear of a site's runs, from a fake Discord that is as strict as the real one. */

const [pair] = inject('pairs')
let site: TestSite
let discord: FakeDiscord

beforeEach(async () => {
  discord = await startFakeDiscord()
  if (pair === undefined) throw new Error('there is no pair of engines')
  site = await createTestSite({ pair, settings: { notify: { discord: {} } } })
  writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}\n`)
  const logs = join(site.root, 'logs')
  mkdirSync(logs)
  writeFileSync(join(logs, 'access.log'), 'GET /\n')
  site.configure({ components: { logs: { files: { paths: [logs] } }, documents: { files: { paths: [site.documents] } } } })
  await site.ask('setup', 'apply', '--yes')
})
afterEach(async () => {
  await site.remove()
  await discord.close()
})

const textOf = ({ content = '', embeds = [] }: FakeMessage): string =>
  [content, ...embeds.map(({ description = '' }) => description)].join('\n')

test('a component that fails is told at once, one message however often, and its end', async () => {
  expect((await site.ask('backup')).run).not.toHaveProperty('notices')
  expect(discord.requests).toBe(0)
  renameSync(join(site.root, 'logs'), join(site.root, 'unmounted'))
  const failed = await site.holdfast('backup')
  expect(failed.exitCode).toBe(3)
  expect(failed.stdout).toMatch(/1 of 2 done in .* · Discord told/)
  expect(discord.messages).toHaveLength(1)
  const [message] = discord.messages.map(textOf)
  expect(message).toContain(`logs failed on ${site.name}`)
  expect(message).toContain('is missing (1 entry at the last good backup)')
  expect(message).toMatch(/Last good: .*, still restorable\./)
  expect(message).toContain('`holdfast status logs')
  expect(message).toContain('The run goes on with documents.')
  for (let again = 0; again < 2; again += 1) await site.holdfast('backup')
  expect(discord.messages).toHaveLength(1)
  renameSync(join(site.root, 'unmounted'), join(site.root, 'logs'))
  expect((await site.ask('backup')).run.notices).toEqual([{ channel: 'discord', outcome: 'delivered' }])
  expect(discord.messages).toHaveLength(2)
  expect(textOf(discord.messages[1] as FakeMessage)).toMatch(/Over: logs failed on .*\n.*lasted .*, seen 3 times/)
  const told = site.journal().filter(({ type }) => type === 'notice')
  expect(told.map(({ kind, channel, outcome, subjects }) => [kind, channel, outcome, subjects])).toEqual([
    ['failure', 'discord', 'delivered', ['run/logs']],
    ['all-clear', 'discord', 'delivered', ['run/logs']],
  ])
  const state = readFileSync(join(site.root, 'state', site.name, 'notices.json'), 'utf8')
  expect(JSON.parse(state)).toEqual({ incidents: [], waiting: [], givenUp: [] })
  rmSync(join(site.root, 'state', site.name, 'notices.json'))
})
