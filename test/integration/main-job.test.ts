import { execFileSync } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startCluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'
import { describeTree, makeOddTree } from '../support/tree.ts'

const s3 = inject('s3')
const cases = inject('pairs').flatMap((pair) => [
  { pair, storage: 'a directory', server: undefined },
  { pair, storage: 'S3 over TLS', server: s3 },
])

describe.each(cases)('a site on $storage with $pair.name', ({ pair, server }) => {
  let site: TestSite
  const odd = () => join(site.root, 'odd')

  beforeAll(async () => {
    site = await createTestSite({ pair, ...(server === undefined ? {} : { s3: server }), database: true })
    mkdirSync(odd())
    makeOddTree(odd())
    site.configure({
      components: {
        database: { postgres: { dataDirectory: site.cluster.dataDirectory } },
        documents: { files: { paths: [site.documents] } },
        odd: { files: { paths: [odd()] } },
      },
    })
    await site.cluster.query('CREATE TABLE notes AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, 20000) n')
  })
  afterAll(() => site.remove())

  test('no backup makes a repository: a mistyped bucket or folder stays red', async () => {
    const answer = await site.holdfast('backup', 'documents')
    expect(answer.exitCode).toBe(10)
    expect(answer.text).toContain('holdfast setup apply')
    expect(existsSync(site.storage)).toBe(false)
  })

  test('setup does exactly what its plan says, with a reason for each, and then nothing more', async () => {
    const plan = await site.ask('setup', 'plan')
    for (const item of plan.items) expect(item.reason).not.toBe('')
    const settings = plan.items.filter((item: { action: string }) => item.action === 'set')
    expect(settings.map((item: { subject: string }) => item.subject.split(' ')[0])).toEqual([
      'archive_mode',
      'archive_command',
      'archive_timeout',
    ])
    expect(settings[2].reason).toContain('the agreed loss (rpo) is 30m')
    expect(plan.items.filter((item: { interrupts?: string }) => item.interrupts !== undefined)).toHaveLength(1)

    const postponed = await site.holdfast('setup', 'apply')
    expect(postponed.exitCode).toBe(3)
    expect(postponed.text).toContain('still to do: restart PostgreSQL')
    const again = await site.ask('setup', 'plan')
    expect(again.items.map((item: { action: string }) => item.action)).toEqual(['restart'])
    const rest = await site.ask('setup', 'apply', '--yes')
    expect(rest.applied).toEqual(again.items)

    expect(await site.cluster.query('SHOW archive_mode')).toBe('on')
    expect((await site.ask('setup', 'plan')).items).toEqual([])
  })

  test('the configuration with its keys is readable by root and the owner of the cluster alone', () => {
    const file = join(site.root, 'site/pgbackrest/database.conf')
    expect((statSync(file).mode & 0o777).toString(8)).toBe('640')
    expect(statSync(file).gid).toBe(statSync(site.cluster.dataDirectory).gid)
  })

  test('a run backs up every component in the order written and says what, from, to, how long, how much', async () => {
    const { run } = await site.ask('backup')
    expect(run.outcome).toBe('done')
    expect(run.steps.map((step: { component: string }) => step.component)).toEqual(['database', 'documents', 'odd'])
    for (const step of run.steps) {
      expect(step).toMatchObject({ outcome: 'done', errors: [], attempts: 1 })
      expect(step.from).not.toEqual([])
      expect(step.to).toContain(`${site.name}/${step.component}`)
      expect(step.processedBytes).toBeGreaterThan(0)
      expect(step.addedBytes).toBeGreaterThan(0)
      expect(step.ratio).toBeCloseTo(step.processedBytes / step.addedBytes)
      expect(step.point.id).toMatch(/^[0-9a-f]{8,64}$|^\d{8}-\d{6}F$/)
    }
    expect(run.steps[0].point.kind).toBe('full')
    expect(site.journal().map((record) => record.type)).toEqual([
      ...['run-began', 'step-ended', 'run-ended'],
      ...['set-up', 'set-up'],
      ...['run-began', 'step-ended', 'step-ended', 'step-ended', 'run-ended'],
    ])
  })

  test('the next run adds only what is new, and takes a differential of the database', async () => {
    writeFileSync(join(site.documents, 'large'), Buffer.alloc(3_000_000, 'a quite large file\n'))
    await site.ask('backup', 'documents')
    appendFileSync(join(site.documents, 'letter.txt'), 'and everybody else\n')
    const { run } = await site.ask('backup')
    const [database, documents] = run.steps
    expect(database.point.kind).toBe('differential')
    expect(documents.processedBytes).toBeGreaterThan(3_000_000)
    expect(documents.addedBytes).toBeLessThan(100_000)
  })

  test('every name, mode, owner, time, link, hole and attribute comes back', async () => {
    const before = describeTree(odd())
    const target = join(site.root, 'back/odd')
    await site.ask('restore', 'odd', '--to', target)
    const place = join(target, odd())
    expect(describeTree(place)).toEqual(before)
    expect(statSync(join(place, 'plain.txt')).ino).toBe(statSync(join(place, 'deep/hard link')).ino)
  })

  test('a path is restored alone, relative to the component or absolute, even one that looks like a pattern', async () => {
    const target = join(site.root, 'back/path')
    await site.ask('restore', 'odd', '--path', '*[a]?.txt', '--path', join(odd(), 'deep/er'), '--to', target)
    const place = join(target, odd())
    expect(readFileSync(join(place, '*[a]?.txt'), 'utf8')).toBe('glob characters\n')
    expect(existsSync(join(place, 'deep/er/secret'))).toBe(true)
    expect(existsSync(join(place, 'aaa.txt'))).toBe(false)
  })

  test('a database comes back to the second before a table was dropped, starts and answers', async () => {
    const { cluster } = site
    await cluster.query("INSERT INTO notes VALUES (20001, 'the last word')")
    const checksum = "SELECT count(*), md5(string_agg(text, ',' ORDER BY id)) FROM notes"
    const before = await cluster.query(checksum)
    const second = await cluster.query(
      "SELECT pg_sleep(1.1); SELECT to_char(clock_timestamp() AT TIME ZONE 'Australia/Perth', 'YYYY-MM-DD HH24:MI:SS')",
    )
    await cluster.query('SELECT pg_sleep(1.1)')
    await cluster.query('DROP TABLE notes')
    const target = join(site.root, 'back/database')
    const { restore } = await site.ask('restore', 'database', '--at', second.trim(), '--to', target)
    expect(restore.cluster.databases.map((database: { name: string }) => database.name)).toContain('campaign')
    const copy = await startCluster({
      place: createLocalPlace(),
      signal: new AbortController().signal,
      folder: join(site.root, 'copy'),
      dataDirectory: target,
      majorVersion: cluster.majorVersion,
    })
    try {
      expect(await copy.query(checksum)).toBe(before)
      // A copy that archived would lead the next restore of the live one astray.
      expect(await copy.query('SHOW archive_mode')).toBe('off')
    } finally {
      await copy.stop()
    }
  })

  test('the latest state of a living database is restored with what was committed just now', async () => {
    await site.cluster.query("CREATE TABLE just_now AS SELECT 'hot' AS state")
    const target = join(site.root, 'back/latest')
    const { restore } = await site.ask('restore', 'database', '--to', target)
    expect(restore.cluster.majorVersion).toBe(site.cluster.majorVersion)
    const names = execFileSync('grep', ['-rla', 'just_now', join(target, 'base')], { encoding: 'utf8' })
    expect(names).not.toBe('')
  })

  test('the bare engines restore everything, with the passphrase and nothing of ours', async () => {
    const { points } = (await site.ask('points', 'documents')).components[0]
    const target = join(site.root, 'bare/documents')
    const keys = { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey }
    const repository =
      server === undefined
        ? [`${site.storage}/documents`]
        : [`s3:${s3.endpoint}/${s3.bucket}/${site.name}/documents`, '--cacert', s3.caFile]
    execFileSync(pair.restic, ['-r', ...repository, '--no-cache', 'restore', points.at(-1).id, '--target', target], {
      env: { ...keys, RESTIC_PASSWORD: passphrase, HOME: site.root },
      stdio: 'ignore',
    })
    expect(describeTree(join(target, site.documents))).toEqual(describeTree(site.documents))

    const database = join(site.root, 'bare-database')
    const { uid, gid } = statSync(site.cluster.dataDirectory)
    for (const folder of [database, `${database}-lock`]) {
      mkdirSync(folder, { mode: 0o700 })
      chownSync(folder, uid, gid)
    }
    const options =
      server === undefined
        ? [`--repo1-path=${site.storage}/database`]
        : [
            ...['--repo1-type=s3', `--repo1-path=/${site.name}/database`, `--repo1-s3-bucket=${s3.bucket}`],
            ...['--repo1-s3-endpoint=localhost', '--repo1-s3-uri-style=path', `--repo1-s3-region=${s3.region}`],
            ...[
              '--repo1-storage-host=localhost',
              `--repo1-storage-port=${new URL(s3.endpoint).port}`,
              `--repo1-storage-ca-file=${s3.caFile}`,
            ],
          ]
    execFileSync(
      pair.pgbackrest,
      ['--no-config', '--stanza=database', `--pg1-path=${database}`, '--repo1-cipher-type=aes-256-cbc', ...options].concat([
        '--log-level-file=off',
        `--lock-path=${database}-lock`,
        '--type=immediate',
        'restore',
      ]),
      {
        uid,
        gid,
        env: {
          PGBACKREST_REPO1_CIPHER_PASS: passphrase,
          PGBACKREST_REPO1_S3_KEY: s3.accessKeyId,
          PGBACKREST_REPO1_S3_KEY_SECRET: s3.secretAccessKey,
        },
        cwd: '/',
        stdio: 'ignore',
      },
    )
    expect(readFileSync(join(database, 'PG_VERSION'), 'utf8').trim()).toBe(site.cluster.majorVersion)
  })

  test('the commands of a dry run make the same backup when they are run by hand', async () => {
    const before = (await site.ask('points')).components.map((component: { points: unknown[] }) => component.points.length)
    const dry = await site.holdfast('backup', '--dry-run')
    expect(dry.exitCode).toBe(0)
    for (const secret of [passphrase, s3.secretAccessKey]) expect(dry.text).not.toContain(secret)
    execFileSync('sh', ['-e', '-c', dry.stdout], { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: site.root } })
    const after = (await site.ask('points')).components.map((component: { points: unknown[] }) => component.points.length)
    expect(after).toEqual(before.map((count: number) => count + 1))
  })

  test('status tells the newest point, its age, the window and the last runs without asking an engine', async () => {
    rmSync(join(site.root, 'site/secrets/restic.key'))
    try {
      const { status } = await site.ask('status')
      expect(status.components.map((component: { healthy: boolean }) => component.healthy)).toEqual([true, true, true])
      const [database, documents] = status.components
      expect(database.windows).toHaveLength(1)
      expect(Date.parse(database.windows[0].to)).toBeGreaterThan(Date.parse(database.windows[0].from))
      expect(documents.newestPoint.id).toMatch(/^[0-9a-f]{8,64}$/)
      expect(documents.outcomes).toEqual(['failed', 'done', 'done', 'done'])
      expect(documents.ageMs).toBeGreaterThanOrEqual(0)
    } finally {
      writeFileSync(join(site.root, 'site/secrets/restic.key'), passphrase, { mode: 0o600 })
    }
  })
})
