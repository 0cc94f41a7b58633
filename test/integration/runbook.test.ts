import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'
import { describeTree, makeOddTree } from '../support/tree.ts'

const s3 = inject('s3')
const [older, newer] = inject('pairs')
const cases = [
  { pair: older, storage: 'a directory', server: undefined },
  { pair: newer, storage: 'S3 over TLS', server: s3 },
]

describe.each(cases)('RESTORE.md of a site on $storage with $pair.name', ({ pair, server }) => {
  let site: TestSite
  afterEach(() => site.remove())

  test('holds commands that bring everything back, typed by hand where nothing but the engines is', async () => {
    if (pair === undefined) throw new Error('both pairs of engines are needed')
    site = await createTestSite({ pair, ...(server === undefined ? {} : { s3: server }), database: true })
    const music = join(site.root, 'my music')
    mkdirSync(music)
    makeOddTree(music)
    site.configure({
      contacts: ['Alex, +61 400 000 000: has the passphrase'],
      components: {
        database: { postgres: { dataDirectory: site.cluster.dataDirectory } },
        home: { files: { paths: [site.documents, music] } },
      },
    })
    await site.ask('setup', 'apply', '--yes')
    await site.cluster.query('CREATE TABLE notes AS SELECT n AS id FROM generate_series(1, 1000) n')
    await site.ask('backup')
    await site.cluster.query('INSERT INTO notes SELECT generate_series(1001, 1500)')
    const before = await site.cluster.query('SELECT clock_timestamp()')
    await site.cluster.query('SELECT pg_sleep(0.1)')
    await site.cluster.query('DELETE FROM notes WHERE id > 10')
    await site.cluster.query('SELECT pg_switch_wal()')
    await archived(site)
    await site.ask('points')

    const { text } = await site.ask('runbook')
    expect((await site.ask('runbook')).text).toBe(text)
    expect(text).not.toContain(passphrase)
    expect(text).not.toContain(s3.secretAccessKey)
    const trees = [site.documents, music].map((folder) => describeTree(folder))

    // The disaster: nothing is left but the storage, and what somebody printed.
    await site.cluster.stop()
    for (const lost of ['site', 'state', 'cache', 'postgres', 'documents', 'my music']) {
      rmSync(join(site.root, lost), { recursive: true })
    }

    const parts = [...text.split(/^## /m)]
    const stepsOf = (title: string) => readSteps(parts.find((part) => part.startsWith(title)) ?? '')
    const toTime = server !== undefined
    const steps = [
      ...stepsOf('3. '),
      ...stepsOf('4. database').map(({ command, instead }) => {
        const other = instead.find((one) => one.includes('--type=time'))
        return { instead, command: toTime && other !== undefined ? other.replace(/^TIME=.*$/m, `TIME='${before}'`) : command }
      }),
      ...stepsOf('5. home'),
    ]
    expect(steps.length).toBeGreaterThan(25)
    typeByHand(
      site,
      steps.map(({ command }) => command),
      pair,
      server,
    )

    expect(await site.cluster.query('SELECT count(*) FROM notes')).toBe(toTime ? '1500' : '10')
    expect(await site.cluster.query('SHOW archive_mode')).toBe('off')
    expect([site.documents, music].map((folder) => describeTree(folder))).toEqual(trees)
  })
})

/** Waits until everything that the server has written is in the repository. */
async function archived(site: TestSite): Promise<void> {
  const waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
  while ((await site.cluster.query(waiting)) !== '0') await site.cluster.query('SELECT pg_sleep(0.2)')
}

/** The commands of a part of the page, each with those that may be typed in place of it. */
function readSteps(part: string): { command: string; instead: string[] }[] {
  return part
    .split(/^#### Step /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...instead] = [...step.matchAll(/^(`{3,})sh\n(.*?)\n\1$/gms)].map((match) => match[2] ?? '')
      return { command, instead }
    })
}

/** One shell, as a person has one, with nothing in its environment; the answers to its questions are the secrets. */
function typeByHand(
  site: TestSite,
  commands: readonly string[],
  pair: { readonly restic: string; readonly pgbackrest: string },
  server: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined,
): void {
  const programs = join(site.root, 'programs')
  mkdirSync(programs)
  symlinkSync(pair.restic, join(programs, 'restic'))
  symlinkSync(pair.pgbackrest, join(programs, 'pgbackrest'))
  // The packages must exist; what is installed on this machine stays as it is.
  writeFileSync(join(programs, 'apt-get'), '#!/bin/sh\ntest "$1" = update || exec /usr/bin/apt-get --simulate "$@"\n')
  chmodSync(join(programs, 'apt-get'), 0o755)
  const script = join(site.root, 'typed.sh')
  const shown = commands.map((command, index) => `echo '--- ${index + 1}'\n${command}`)
  writeFileSync(script, `set -e\n${shown.join('\n')}\n`.replaceAll('/srv/restore', join(site.root, 'restore')))
  const answers = [passphrase, ...(server === undefined ? [] : [server.accessKeyId, server.secretAccessKey])]
  const typed = spawnSync('env', ['-i', `HOME=${site.root}`, `PATH=${programs}:/usr/sbin:/usr/bin:/sbin:/bin`, 'bash', script], {
    cwd: '/',
    encoding: 'utf8',
    input: `${answers.join('\n')}\n`,
  })
  const log = join(site.root, 'restore/database.work/postgresql.log')
  const words = () => `${typed.stdout.replaceAll(/^.* DETAIL: .*\n/gm, '')}\n${typed.stderr}\n${readFileSync(log, 'utf8')}`
  if (typed.status !== 0) throw new Error(`typing stopped with ${typed.status}:\n${words()}`)
  // What the page says that one sees.
  const promised = ['status: ok', 'restore command end: completed successfully', 'server started', 'server stopped', 'restoring']
  for (const sight of [...promised, 'archive recovery complete']) expect(typed.stdout).toContain(sight)
}
