import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { smallest, writeConfiguration } from '../../test/support/configuration-file.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { loadSite } from '../config/load.ts'
import { openRememberedSites } from './remembered-sites.ts'
import { thisMachine } from '../../test/support/this-machine.ts'

const detailed = `${smallest}  database: { postgres: { dataDirectory: /srv/database }, retention: { daily: 7, within: 2d } }
timezone: Australia/Perth
budget: { monthly: 4.5, currency: AUD }
`

/** A configuration that was understood and remembered, and the file that remembers it. */
async function remembered(text = detailed, build = 'this one') {
  const cache = temporaryFolder()
  const file = writeConfiguration(text)
  const site = await loadSite(file, thisMachine)
  const sites = openRememberedSites(cache, build)
  sites.remember(text, site)
  return { cache, file, site, sites, memory: `${join(cache, '.configurations', file)}.json` }
}

describe('a configuration that was understood before', () => {
  test.each([smallest, detailed])('means the same as when it is read anew', async (text) => {
    const { file, site, sites } = await remembered(text)
    expect(sites.recall(file)).toEqual(site)
  })

  test.each([
    ['another character', `${detailed}#`],
    ['one character less', detailed.slice(0, -1)],
    ['another line ending', detailed.replaceAll('\n', '\r\n')],
    ['a mark of its encoding', `\uFEFF${detailed}`],
    ['bytes that are no text', Buffer.concat([Buffer.from(detailed), Buffer.from([0xff])])],
  ])('is read anew after it got %s', async (_what, content) => {
    const { file, sites } = await remembered()
    writeFileSync(file, content)
    expect(sites.recall(file)).toBeUndefined()
  })

  test('is read anew by another build, which may understand it otherwise', async () => {
    const { cache, file } = await remembered()
    expect(openRememberedSites(cache, 'another one').recall(file)).toBeUndefined()
  })

  test('still says to another build, which may not understand it any more, whom to tell', async () => {
    const { cache, file, site, memory } = await remembered()
    const upgraded = openRememberedSites(cache, 'another one')
    writeFileSync(file, 'site: pi-hosting\nnobody: knows this\n')
    expect(upgraded.lastKnown(file)).toEqual(site)
    const { notify: _, ...older } = site
    writeFileSync(memory, JSON.stringify({ build: 'this one', text: detailed, site: older }))
    expect(upgraded.lastKnown(file)).toBeUndefined()
  })

  test('is read anew when the same text stands elsewhere: relative paths begin at its folder', async () => {
    const { cache, memory } = await remembered()
    const other = writeConfiguration(detailed)
    const sites = openRememberedSites(cache, 'this one')
    expect(sites.recall(other)).toBeUndefined()
    sites.remember(detailed, await loadSite(other, thisMachine))
    writeFileSync(`${join(cache, '.configurations', other)}.json`, readFileSync(memory))
    expect(sites.recall(other)).toBeUndefined()
  })

  test('is forgotten with its file, so that reading it anew tells what is wrong', async () => {
    const { file, sites } = await remembered()
    writeFileSync(file, '')
    expect(sites.recall(file)).toBeUndefined()
    expect(sites.recall(`${file}.gone`)).toBeUndefined()
  })
})

describe('a memory', () => {
  test.each(['', '{"build":"this one","te', 'null', '[]', '"text"', '{}', '{"build":"this one"}'])(
    'that was torn, or is somebody else’s, is passed over: %j',
    async (content) => {
      const { file, memory, sites } = await remembered()
      writeFileSync(memory, content)
      expect(sites.recall(file)).toBeUndefined()
    },
  )

  test('is as closed as a configuration may be, and has no draft beside it', async () => {
    const { memory } = await remembered()
    expect(statSync(memory).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(memory, '..'))).toEqual(['holdfast.yaml.json'])
  })

  test('is written only when there is something new to remember', async () => {
    const { file, memory, site, sites } = await remembered()
    const before = statSync(memory).ino
    sites.remember(detailed, site)
    expect(statSync(memory).ino).toBe(before)
    const changed = `${detailed}# a word about it\n`
    writeFileSync(file, changed)
    sites.remember(changed, site)
    expect(statSync(memory).ino).not.toBe(before)
    expect(sites.recall(file)).toEqual(site)
  })

  test.each(['a folder that cannot be made', 'a file where a folder should be'])('fails nothing: %s', async (what) => {
    const { file, site } = await remembered()
    const cache = join(temporaryFolder(), 'cache')
    writeFileSync(cache, '')
    const sites = openRememberedSites(what.startsWith('a file') ? cache : '/sys/nowhere', 'this one')
    sites.remember(detailed, site)
    expect(sites.recall(file)).toBeUndefined()
  })

  test('fails nothing where it may not be read', async () => {
    const { file, memory, sites } = await remembered()
    chmodSync(memory, 0o000)
    // Root may read everything: then it is as good as any.
    expect([undefined, 'pi-hosting']).toContain(sites.recall(file)?.name)
  })
})
