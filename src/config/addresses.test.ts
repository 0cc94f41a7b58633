import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { ChannelSettings } from '../domain/notice.ts'
import { createLocalPlace } from '../places/local.ts'
import { createRedactor } from '../places/redaction.ts'
import { loadAddresses, secretsOfAddress } from './addresses.ts'

const discord = (name?: string): ChannelSettings => ({ kind: 'discord', name, events: ['failure'] })
const token = 'abcdefghijklmnopqrstuvwxyz0123456789'
const url = `https://discord.com/api/webhooks/1234567890/${token}`

async function load(channels: readonly ChannelSettings[], files: Record<string, string> = {}, environment = {}) {
  const directory = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 })
  const found = await loadAddresses({ channels, directory, place: createLocalPlace(), environment })
  return { directory, found: found.map(({ address, error }) => address?.href ?? error?.message.replaceAll(directory, 'FOLDER')) }
}

describe('the address of a channel', () => {
  it('stands in the file of its kind', async () => {
    expect((await load([discord()], { 'discord.env': `DISCORD_WEBHOOK_URL=${url}\n` })).found).toEqual([url])
    const others: ChannelSettings[] = [
      { kind: 'webhook', name: undefined, events: [] },
      { kind: 'ping', name: undefined, signals: [] },
    ]
    const files = { 'webhook.env': 'WEBHOOK_URL=https://one.example/hook', 'ping.env': 'PING_URL="https://two.example/uuid"' }
    expect((await load(others, files)).found).toEqual(['https://one.example/hook', 'https://two.example/uuid'])
  })

  it('has the name of its channel where there are several, and may have it where there is one', async () => {
    const several = { 'discord.env': `DISCORD_WEBHOOK_URL_OPS=${url}1\nDISCORD_WEBHOOK_URL_MY_FAMILY=${url}2\n` }
    expect((await load([discord('ops'), discord('my-family')], several)).found).toEqual([`${url}1`, `${url}2`])
    expect((await load([discord('ops')], { 'discord.env': `DISCORD_WEBHOOK_URL=${url}` })).found).toEqual([url])
    expect((await load([discord('ops')], several)).found).toEqual([`${url}1`])
  })

  it('comes from systemd or from the environment, and a file wins', async () => {
    const environment = { DISCORD_WEBHOOK_URL: url }
    expect((await load([discord()], {}, environment)).found).toEqual([url])
    expect((await load([discord()], { 'discord.env': `DISCORD_WEBHOOK_URL=${url}1` }, environment)).found).toEqual([`${url}1`])
    const credentials = temporaryFolder()
    writeFileSync(join(credentials, 'discord.env'), `DISCORD_WEBHOOK_URL=${url}2`, { mode: 0o600 })
    expect((await load([discord()], {}, { CREDENTIALS_DIRECTORY: credentials })).found).toEqual([`${url}2`])
  })

  it('that is absent, or none, leaves the others as they are and is never shown', async () => {
    expect((await load([discord()])).found).toEqual(['the address of discord, DISCORD_WEBHOOK_URL, is nowhere to be found'])
    const files = {
      'discord.env': `DISCORD_WEBHOOK_URL_A=http://example.org/${token}\nDISCORD_WEBHOOK_URL_B=${token}\nDISCORD_WEBHOOK_URL_C=${url}`,
    }
    const { found } = await load([discord('a'), discord('b'), discord('c'), discord('d')], files)
    expect(found).toEqual([
      'the address of discord a, DISCORD_WEBHOOK_URL_A, is not one that begins with https://',
      'the address of discord b, DISCORD_WEBHOOK_URL_B, is not one that begins with https://',
      url,
      'the address of discord d, DISCORD_WEBHOOK_URL_D, is missing or empty in FOLDER/discord.env',
    ])
  })

  it('may go without TLS only to this machine itself', async () => {
    for (const local of ['http://127.0.0.1:8000/x', 'http://localhost/x', 'http://[::1]:8000/x']) {
      expect((await load([discord()], { 'discord.env': `DISCORD_WEBHOOK_URL=${local}` })).found).toEqual([local])
    }
    for (const other of ['http://127.0.0.1.example.org/x', 'http://10.0.0.1/x', 'ftp://localhost/x']) {
      expect((await load([discord()], { 'discord.env': `DISCORD_WEBHOOK_URL=${other}` })).found[0]).toContain('https://')
    }
  })

  it('is looked after like any secret: mode and git', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'secrets'))
    const file = join(folder, 'secrets', 'discord.env')
    writeFileSync(file, `DISCORD_WEBHOOK_URL=${url}`, { mode: 0o600 })
    const load1 = async () => {
      const [only] = await loadAddresses({
        channels: [discord()],
        directory: join(folder, 'secrets'),
        place: createLocalPlace(),
        environment: {},
      })
      return only?.error?.message
    }
    expect(await load1()).toBeUndefined()
    chmodSync(file, 0o644)
    expect(await load1()).toContain('can be read by others')
    chmodSync(file, 0o600)
    execFileSync('git', ['init', '-q', folder])
    execFileSync('git', ['-C', folder, 'add', '--force', 'secrets/discord.env'])
    expect(await load1()).toContain('is tracked by git')
  })
})

it.each([
  ['as it is', url],
  ['its token alone', `token ${token} of it`],
  ['in base64', Buffer.from(url).toString('base64')],
  ['URL-encoded', encodeURIComponent(url)],
])('an address is blacked out %s', (_, text) => {
  const shown = createRedactor(secretsOfAddress(new URL(url)))(text)
  expect(shown).not.toContain(token)
  expect(shown).not.toContain(Buffer.from(token).toString('base64').slice(4, 40))
  expect(shown).not.toBe(text)
})
