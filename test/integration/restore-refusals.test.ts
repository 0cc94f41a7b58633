import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { describeTree } from '../support/tree.ts'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'

/** What a restore refuses, in words that say what can be had instead; and that nothing was touched. */

const pair = inject('pairs').at(-1) as ReturnType<typeof inject<'pairs'>>[number]
let site: TestSite
let target: string

beforeAll(async () => {
  site = await createTestSite({ pair, database: true, files: {} })
  configure()
  target = join(site.root, 'target')
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
})
afterAll(() => site.remove())
afterEach(() => {
  rmSync(target, { recursive: true, force: true })
  configure()
})

function configure(): void {
  site.configure({
    timezone: 'Australia/Sydney',
    components: {
      database: { postgres: { dataDirectory: site.cluster.dataDirectory } },
      documents: { files: { paths: [site.documents] } },
    },
  })
}

async function refusal(...words: string[]) {
  const before = describeTree(site.documents)
  const answer = await site.holdfast('restore', ...words)
  expect(describeTree(site.documents)).toEqual(before)
  return answer
}

describe('a time', () => {
  test.each([
    ['before the first backup', '2001-02-03 04:05:06', /it lies before the first backup/],
    ['in the future', '2101-02-03 04:05:06', /it lies in the future/],
    [
      'that happened twice',
      '2026-04-05 02:30:00',
      /happened twice in Australia\/Sydney[\s\S]*02:30:00\+11:00' or --at '2026-04-05 02:30:00\+10:00'/,
    ],
    ['that never happened', '2026-10-04 02:30:00', /never happened in Australia\/Sydney/],
    ['in a zone that does not exist', '2026-01-26 14:30:05 Mars/Phobos', /Mars\/Phobos in .* is not a time zone/],
    ['that is no time', 'yesterday', /"yesterday" is not a time/],
  ])('%s is refused', async (_which, at, words) => {
    const answer = await refusal('database', '--at', at, '--to', target)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toMatch(words)
    expect(readdirSync(site.root)).not.toContain('target')
  })

  test('outside the window is refused naming the window, in the site’s zone', async () => {
    const { windows } = (await site.ask('points', 'database')).components[0]
    const answer = await refusal('database', '--at', '2001-02-03 04:05:06', '--to', target)
    const from = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'Australia/Sydney',
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(new Date(windows[0].from))
    expect(answer.stderr).toContain(`any second can be, from ${from} to `)
  })

  test('before the first snapshot of files is refused naming the oldest', async () => {
    const answer = await refusal('documents', '--at', '2001-02-03', '--to', target)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('the oldest point is')
  })
})

describe('a point', () => {
  test.each([
    ['unknown', ['--point', 'ffffffff'], /there is no restore point ffffffff/],
    ['and a time together', ['--point', 'ffffffff', '--at', '2026-01-26 14:30'], /--at and --point exclude each other/],
    ['empty', ['--point', ''], /there is no restore point/],
  ])('%s is refused', async (_which, words, message) => {
    const answer = await refusal('documents', ...words, '--to', target)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toMatch(message)
  })

  test('is found by the beginning of its id', async () => {
    const [point] = (await site.ask('points', 'documents')).components[0].points
    const { restore } = await site.ask('restore', 'documents', '--point', point.id.slice(0, 8), '--to', target)
    expect(restore.point).toBe(point.id)
  })
})

describe('a target', () => {
  test('that holds something is refused, and untouched', async () => {
    mkdirSync(target)
    writeFileSync(join(target, 'mine'), 'mine\n')
    for (const component of ['documents', 'database']) {
      const answer = await refusal(component, '--to', target)
      expect(answer.exitCode).toBe(2)
      expect(answer.stderr).toContain('is not an empty folder')
    }
    expect(readdirSync(target)).toEqual(['mine'])
  })

  test('that is a file is refused', async () => {
    writeFileSync(target, 'a file')
    expect((await refusal('documents', '--to', target)).stderr).toContain('is not an empty folder')
  })

  test.each(['documents', 'database'])('that is the live data of %s is refused, also through a link', async (component) => {
    const live = component === 'documents' ? site.documents : site.cluster.dataDirectory
    symlinkSync(live, target)
    for (const path of [live, join(live, 'new'), target, join(target, 'new')]) {
      const answer = await refusal(component, '--to', path)
      expect(answer.exitCode).toBe(2)
      expect(answer.stderr).toContain('which is live data')
    }
  })

  test('of somebody else is not given to the owner of a database, nor is what lies beside it', async () => {
    mkdirSync(target)
    const foreign = await refusal('database', '--to', target)
    expect(foreign.exitCode).toBe(2)
    expect(foreign.stderr).toContain('does not belong to the owner of the cluster')
    expect(statSync(target).uid).toBe(0)
    rmSync(target, { recursive: true })
    const beside = `${target}-tablespaces`
    mkdirSync(beside)
    onTestFinished(() => rmSync(beside, { recursive: true, force: true }))
    const taken = await refusal('database', '--to', target)
    expect(taken.exitCode).toBe(2)
    expect(taken.stderr).toContain(`${beside} exists already`)
    expect(statSync(beside).uid).toBe(0)
    expect(existsSync(target)).toBe(false)
  })

  test('inside the storage is refused', async () => {
    const answer = await refusal('documents', '--to', join(site.storage, 'back'))
    expect(answer.stderr).toContain('lies inside the storage')
  })

  test('that the owner of a database cannot reach is refused before anything is copied', async () => {
    const closed = join(site.root, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const answer = await refusal('database', '--to', join(closed, 'back'))
    expect(answer.stderr).toContain(`postgres cannot enter ${join(closed, 'back')}`)
    expect(readdirSync(join(closed, 'back'))).toEqual([])
  })

  test('is written over only when told twice', async () => {
    await site.ask('restore', 'documents', '--to', target)
    const letter = join(target, site.documents, 'letter.txt')
    writeFileSync(letter, 'changed\n')
    const once = await refusal('documents', '--to', target, '--overwrite')
    expect(once.exitCode).toBe(2)
    expect(once.stderr).toContain('not confirmed; nothing was restored')
    expect(readFileSync(letter, 'utf8')).toBe('changed\n')
    await site.ask('restore', 'documents', '--to', target, '--overwrite', '--yes')
    expect(readFileSync(letter, 'utf8')).toBe('dear all\n')
  })
})

describe('a repository', () => {
  afterEach(() => writeFileSync(join(site.root, 'site/secrets/restic.key'), passphrase, { mode: 0o600 }))

  test('whose passphrase is another one is left alone, and the target never made', async () => {
    writeFileSync(join(site.root, 'site/secrets/restic.key'), 'not the one that it was made with', { mode: 0o600 })
    for (const words of [
      ['--to', target],
      ['--in-place', '--yes'],
    ]) {
      const answer = await refusal('documents', ...words)
      expect(answer.exitCode).toBe(12)
      expect(answer.stderr).toContain('the passphrase does not open the repository')
    }
    expect(existsSync(target)).toBe(false)
  })

  test('of another site holds none of this one’s points, and nothing is restored', async () => {
    site.configure({ site: 'somebody-else', components: { documents: { files: { paths: [site.documents] } } } })
    const answer = await refusal('documents', '--to', target)
    expect(answer.exitCode).toBe(10)
    expect(answer.stderr).toContain('there is no repository where the configuration says')
    expect(existsSync(target)).toBe(false)
  })
})

test('a target on a disk that takes nothing is named before anything is restored', async () => {
  const disk = join(site.root, 'read-only')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'holdfast-test', disk])
  onTestFinished(() => void execFileSync('umount', ['--lazy', disk]))
  for (const words of [['documents'], ['database'], ['database', '--temporary'], ['database', '--database', 'campaign']]) {
    const place = words.includes('--database') ? 'file.dump' : 'back'
    const answer = await refusal(...words, '--to', join(disk, place))
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('read-only file system')
  }
})

describe('over what is there', () => {
  const over = (...words: string[]) => refusal('documents', '--to', target, '--overwrite', '--yes', ...words)

  test('nothing is written through a link', async () => {
    const outside = join(site.root, 'outside')
    mkdirSync(outside, { recursive: true })
    mkdirSync(join(target, site.documents, '..'), { recursive: true })
    symlinkSync(outside, join(target, site.documents))
    const answer = await over()
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain(`${join(target, site.documents)} is a link`)
    expect(readdirSync(outside)).toEqual([])
  })

  test.each(inject('pairs'))('a file that only the target holds is not taken for restored ($name)', async ({ restic }) => {
    site.configure({ engines: { restic }, components: { documents: { files: { paths: [site.documents] } } } })
    mkdirSync(join(target, site.documents), { recursive: true })
    const old = join(target, site.documents, 'only here')
    writeFileSync(old, 'old\n')
    const answer = await over('--path', 'only here')
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toContain('is not in snapshot')
    expect(readFileSync(old, 'utf8')).toBe('old\n')
    expect((await over('--path', 'letter.txt')).exitCode).toBe(0)
  })
})

test('a path that the component got after the snapshot is not named as restored', async () => {
  const later = join(site.root, 'later')
  site.configure({ components: { documents: { files: { paths: [site.documents, later] } } } })
  const { restore } = await site.ask('restore', 'documents', '--to', target)
  expect(restore.places).toEqual([join(target, site.documents)])
  expect(restore.notes).toEqual([expect.stringContaining(`does not hold ${later}`) as string])
})

describe('a path', () => {
  test.each([
    ['that the snapshot lacks', 'nowhere/at/all', /nowhere\/at\/all is not in snapshot/],
    ['that leaves the component', '../elsewhere', /leaves the component/],
  ])('%s is refused', async (_which, path, message) => {
    const answer = await refusal('documents', '--path', path, '--to', target)
    expect(answer.exitCode).toBe(2)
    expect(answer.stderr).toMatch(message)
  })

  test('of a database is refused', async () => {
    expect((await refusal('database', '--path', 'base', '--to', target)).stderr).toContain('a database is restored whole')
    const browsed = await site.holdfast('browse', 'list', 'database')
    expect(browsed.exitCode).toBe(2)
    expect(browsed.stderr).toContain('holdfast restore database --to DIRECTORY')
  })
})

test('a component that is not there is refused by name, with those that are', async () => {
  const answer = await refusal('document', '--to', target)
  expect(answer.exitCode).toBe(2)
  expect(answer.stderr).toContain('there are database, documents')
})

test.each(inject('pairs'))('a snapshot of a clock that was ahead is not taken for the newest ($name)', async (which) => {
  const own = await createTestSite({ pair: which })
  try {
    await own.ask('setup', 'apply', '--yes')
    const ahead = ['backup', '--host', own.name, '--time', '2099-01-26 03:00:00', own.documents]
    execFileSync(which.restic, ['-r', join(own.storage, 'documents'), '--no-cache', ...ahead], {
      env: { RESTIC_PASSWORD: passphrase, HOME: own.root },
      stdio: 'ignore',
    })
    writeFileSync(join(own.documents, 'letter.txt'), 'of today\n')
    await own.ask('backup')
    const { restore } = await own.ask('restore', 'documents', '--to', join(own.root, 'back'))
    expect(Date.parse(restore.restoredTo)).toBeLessThan(Date.parse('2099-01-01'))
    expect(readFileSync(join(own.root, 'back', own.documents, 'letter.txt'), 'utf8')).toBe('of today\n')
  } finally {
    await own.remove()
  }
})

// Where PostgreSQL is too new for the older pgBackRest there is only one.
const [old] = inject('pairs')
const hasOlder = old?.versions.pgbackrest !== pair.versions.pgbackrest

test.skipIf(!hasOlder)('a base backup in a format of a newer pgBackRest is refused, not called damaged', async () => {
  const own = await createTestSite({ pair, database: true, files: {} })
  try {
    await own.cluster.query('CREATE TABLE texts AS SELECT n, md5(n::text) FROM generate_series(1, 200000) n')
    await own.ask('setup', 'apply', '--yes')
    const { uid, gid } = statSync(own.cluster.dataDirectory)
    const words = [`--config=${join(own.root, 'site/pgbackrest/database.conf')}`, '--stanza=database', '--repo1-block', 'backup']
    execFileSync(pair.pgbackrest, words, { uid, gid, cwd: '/', env: { TZ: 'UTC' }, stdio: 'ignore' })
    own.configure({ engines: { restic: pair.restic, pgbackrest: old?.pgbackrest } })
    const back = join(own.root, 'back')
    const answer = await own.holdfast('restore', 'database', '--to', back)
    expect(answer.exitCode).toBe(78)
    expect(answer.stderr).toContain(
      `is in blocks of pgBackRest ${pair.versions.pgbackrest}, which ${old?.versions.pgbackrest} cannot read`,
    )
    own.configure()
    await own.ask('restore', 'database', '--to', back)
  } finally {
    await own.remove()
  }
})

test('a damaged pack is named as damage, and other points stay', async () => {
  const damaged = await createTestSite({ pair })
  try {
    writeFileSync(join(damaged.documents, 'large'), Buffer.alloc(900_000, 'text'))
    await damaged.ask('setup', 'apply', '--yes')
    await damaged.ask('backup')
    const packs = execFileSync('find', [join(damaged.storage, 'documents/data'), '-type', 'f'], { encoding: 'utf8' })
      .trim()
      .split('\n')
    for (const pack of packs) {
      const content = readFileSync(pack)
      content.fill(0x55, 10, 200)
      execFileSync('chmod', ['u+w', pack])
      writeFileSync(pack, content)
    }
    rmSync(join(damaged.root, 'cache'), { recursive: true })
    const restored = () => damaged.holdfast('restore', 'documents', '--to', join(damaged.root, 'back'))
    const answer = await restored()
    expect(answer.exitCode).toBe(1)
    expect(answer.stderr).toContain('the repository is damaged')
    expect(answer.stderr).toContain('holdfast points')
    // One that somebody pruned away is told the same; and the folder of a failed restore can be used again.
    for (const pack of packs) rmSync(pack)
    const pruned = await restored()
    expect(pruned.exitCode).toBe(1)
    expect(pruned.stderr).toContain('the repository is damaged')
  } finally {
    await damaged.remove()
  }
})
