import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { createTestSite } from '../support/test-site.ts'

/** What is loaded later is decided by the composition (src/cli/lazy-code.ts): these runs hold it to that. */

const [pair] = inject('pairs') as [ReturnType<typeof inject<'pairs'>>[number]]
const source = join(import.meta.dirname, '../../src')

const textsBelow = (folder: string, without = '//'): string[] =>
  readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith(without))
    .map((file) => readFileSync(join(source, folder, file), 'utf8'))

const functionsIn = (texts: readonly string[], pattern: RegExp): string[] =>
  texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name as string))

/** The bundler keeps the names of functions; those that others share say nothing. */
function namesOfDatabases(): string[] {
  const exported = /^export (?:async )?function\*? (\w+)/gm
  const own = functionsIn([...textsBelow('sources/postgres'), ...textsBelow('engines/pgbackrest')], exported)
  const others = ['app', 'cli', 'config', 'domain', 'engines/restic', 'places', 'policy', 'state'].flatMap((folder) =>
    textsBelow(folder),
  )
  const ofFiles = textsBelow('sources', 'postgres/')
  const shared = new Set(functionsIn([...others, ...ofFiles], /\b(?:function\*?|const) (\w+)/g))
  return own.filter((name) => !shared.has(name))
}

/** The functions of databases that a backup has loaded. */
async function loadedByBackup(database: boolean): Promise<string[]> {
  const site = await createTestSite({ pair, database })
  try {
    await site.ask('setup', 'apply', '--yes')
    const [hook, list] = [join(site.root, 'loaded.cjs'), join(site.root, 'loaded.txt')]
    const report = `require('node:fs').writeFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join('\\n'))`
    writeFileSync(hook, `process.on('exit', () => ${report})`)
    const { exitCode } = await site.startAs({ NODE_OPTIONS: `--require=${hook}` }, 'backup').ended
    expect(exitCode).toBe(0)
    const loaded = readFileSync(list, 'utf8').split('\n')
    const code = loaded.map((file) => readFileSync(file, 'utf8')).join('\n')
    return namesOfDatabases().filter((name) => new RegExp(`\\bfunction\\*? ?${name}\\(`).test(code))
  } finally {
    await site.remove()
  }
}

test('a backup of files alone loads no code of databases', async () => {
  expect(await loadedByBackup(false)).toEqual([])
})

test('a backup of a database does', async () => {
  expect((await loadedByBackup(true)).length).toBeGreaterThan(20)
})
