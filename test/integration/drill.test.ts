import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { startFakeDiscord } from '../support/fake-discord.ts'
import { isAlive, killWhenFinished, parentOf, processesWith, processOf, until } from '../support/processes.ts'
import { insertArchived } from '../support/site-with-rows.ts'
import {
  createTestSite,
  writeSecret,
  type Answer,
  type Running,
  type TestSite,
  type TestSiteOptions,
} from '../support/test-site.ts'

/** Drills show what could be restored, how fast and how much of it, touch nothing that lives, and leave nothing behind. */

const pairs = inject('pairs')
const newest = pairs.at(-1) as (typeof pairs)[number]

async function siteFor(options: Partial<TestSiteOptions> = {}): Promise<TestSite> {
  const site = await createTestSite({ pair: newest, ...options })
  onTestFinished(() => site.remove())
  return site
}

interface Asked {
  readonly queries?: readonly object[]
  readonly mustExist?: readonly string[]
}

/** Components as configured, with what a drill asks of them. */
function asking(site: TestSite, { queries, mustExist }: Asked, settings: object = {}): void {
  const database = { postgres: { dataDirectory: site.cluster.dataDirectory }, drill: { queries } }
  const documents = { files: { paths: [site.documents] }, drill: { mustExist } }
  site.configure({
    ...settings,
    components: {
      database: queries === undefined ? { postgres: database.postgres } : database,
      documents: mustExist === undefined ? { files: documents.files } : documents,
    },
  })
}

const resultOf = ({ json }: Pick<Answer, 'json'>, component: string): Answer['json'] =>
  json.drill.drills.find((one: { component: string }) => one.component === component)

const drillFolder = (site: TestSite): string => join(site.root, 'state', site.name, 'drill')

const people = { query: 'SELECT count(*) FROM people', database: 'campaign', is: 3 }

async function fill({ cluster, documents }: TestSite): Promise<void> {
  await cluster.query("CREATE TABLE people AS SELECT * FROM (VALUES ('ada'), ('grace'), ('mary')) AS v (name)", 'campaign')
  await cluster.query('CREATE INDEX ON people (name)', 'campaign')
  mkdirSync(join(documents, 'deep'))
  writeFileSync(join(documents, 'deep/image.bin'), randomBytes(3_000_000))
}

async function backedUp(options: Partial<TestSiteOptions>): Promise<TestSite> {
  const site = await siteFor({ database: true, ...options })
  await fill(site)
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  return site
}

const stores: [string, Partial<TestSiteOptions>][] = [
  ...pairs.map((pair): [string, Partial<TestSiteOptions>] => [`${pair.name} on a directory`, { pair }]),
  ['S3', { s3: inject('s3') }],
]

test.each(stores)('all is restored and looked at, with %s, and nothing that lives is touched', async (_, options) => {
  const site = await backedUp(options)
  const { cluster } = site
  asking(site, {
    queries: [people, { query: 'SELECT bool_and(length(name) > 2) FROM people', database: 'campaign', is: true }],
    mustExist: ['deep/image.bin', site.documents],
  })
  const state = "SELECT md5(string_agg(h::text, '')), (SELECT archived_count FROM pg_stat_archiver) FROM holdfast.heartbeat h"
  const before = await cluster.query(state, 'postgres')
  const answer = await site.holdfast('drill', '--json')
  expect(answer.text).not.toContain('"error"')
  expect(answer.exitCode).toBe(0)
  expect(answer.json.drill).toMatchObject({ site: site.name, outcome: 'passed', healed: [], errors: [] })
  expect(resultOf(answer, 'database')).toMatchObject({ outcome: 'passed', point: { kind: 'full' }, notes: [] })
  expect(resultOf(answer, 'database').assertions.map(({ what }: { what: string }) => what)).toEqual([
    ...[
      'the newest archived WAL can be reached',
      'database campaign answers',
      'database postgres answers',
      'all tables and indexes are sound',
    ],
    ...['SELECT count(*) FROM people is 3', 'SELECT bool_and(length(name) > 2) FROM people is t'],
  ])
  const documents = resultOf(answer, 'documents')
  expect(documents).toMatchObject({ outcome: 'passed', point: { kind: 'snapshot' }, sizeBytes: 3_000_009 })
  expect(documents.assertions).toHaveLength(3)
  for (const result of [resultOf(answer, 'database'), documents]) {
    expect([result.recoveryMs, result.lossMs].every(Number.isFinite)).toBe(true)
    expect(result.recoveryMs).toBeLessThanOrEqual(result.durationMs)
  }
  expect(await cluster.query(state, 'postgres')).toBe(before)
  expect(existsSync(drillFolder(site))).toBe(false)
  const drilled = site.journal().filter(({ type }) => type === 'drilled')
  expect(drilled.map(({ result }) => result)).toEqual(answer.json.drill.drills)
  const { status } = (await site.holdfast('status', '--json')).json
  expect(status.components.map(({ drill }: Answer['json']) => drill.outcome)).toEqual(['passed', 'passed'])
  expect(status.components.map(({ recovery }: Answer['json']) => recovery.durationMs)).toEqual(
    drilled.map(({ result }) => result.recoveryMs),
  )
})

test('what was committed and not archived is measured as lost, and only that', async () => {
  const site = await siteFor({ database: true, files: {} })
  await site.cluster.query("ALTER SYSTEM SET autovacuum = 'off'")
  await site.ask('setup', 'apply', '--yes')
  await site.cluster.query('CREATE TABLE rows (id int)')
  await site.ask('backup')
  await insertArchived(site, 1)
  expect(resultOf({ json: await site.ask('drill') }, 'database').lossMs).toBe(0)
  await site.cluster.query('INSERT INTO rows VALUES (2)')
  expect(resultOf({ json: await site.ask('drill') }, 'database').lossMs).toBeGreaterThan(0)
  await insertArchived(site, 3)
  expect(resultOf({ json: await site.ask('drill') }, 'database').lossMs).toBe(0)

  // All rows of a long import are archived, but its commit isn't: the copy knows of it, and hasn't got it.
  const socket = ['--host', join(site.root, 'postgres'), '--username=postgres', '--no-psqlrc', '--quiet', 'campaign']
  const session = spawn('psql', socket, { stdio: ['pipe', 'ignore', 'inherit'] })
  killWhenFinished(session.pid as number)
  const ended = new Promise((resolve) => session.once('close', resolve))
  session.stdin.write('BEGIN; INSERT INTO rows SELECT generate_series(100, 900);\n')
  const holdsOpen = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
  while ((await site.cluster.query(holdsOpen)) !== '1') await new Promise((resolve) => setTimeout(resolve, 50))
  await insertArchived(site, 4)
  session.stdin.end('COMMIT;\n')
  await ended
  expect(resultOf({ json: await site.ask('drill') }, 'database').lossMs).toBeGreaterThan(0)
})

test('data that is not what it should be fails its component, is told, and is over with the next drill that passes', async () => {
  const discord = await startFakeDiscord()
  onTestFinished(() => discord.close())
  const site = await siteFor({ database: true, settings: { notify: { discord: {} } } })
  writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}\n`)
  await fill(site)
  writeFileSync(join(site.documents, 'empty'), '')
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const notify = { notify: { discord: {} } }
  const wrong = [{ ...people, is: 4 }, people, { query: 'SELECT nonsense', is: 1 }, { query: 'CREATE TABLE written ()', is: '' }]
  asking(site, { queries: wrong, mustExist: ['empty', 'gone', 'letter.txt'] }, notify)
  const answer = await site.holdfast('drill', '--json')
  expect(answer.exitCode).toBe(5)
  const failing = (component: string): string[] =>
    resultOf(answer, component)
      .assertions.filter(({ holds }: { holds: boolean }) => !holds)
      .map(({ what, said }: { what: string; said: string }) => `${what}: ${said}`)
  expect(failing('database')).toEqual([
    'SELECT count(*) FROM people is 4: the answer is 3',
    expect.stringMatching(/^SELECT nonsense is 1: .*column "nonsense" does not exist/),
    expect.stringMatching(/^CREATE TABLE written \(\) is : .*read-only transaction/),
  ])
  expect(failing('documents')).toEqual([
    `${site.documents}/empty exists and is not empty: it is empty`,
    `${site.documents}/gone exists and is not empty: it is not there`,
  ])
  for (const component of ['database', 'documents']) {
    expect(resultOf(answer, component).error).toMatchObject({ code: 'drill-failed', hint: expect.any(String) })
  }
  expect(existsSync(drillFolder(site))).toBe(false)
  const textsOf = (from: number) =>
    discord.messages
      .slice(from)
      .map(({ content = '', embeds = [] }) => [content, ...embeds.map((one) => one.description)].join('\n'))
  expect(textsOf(0).join('\n')).toMatch(/the drill of documents failed on .*point [0-9a-f]{8} of \d{4}-/s)
  const status = await site.holdfast('status')
  expect(status.exitCode).toBe(4)
  expect(status.stdout).toMatch(/drill +failed \d+ \w+, next 1 \w+/)

  asking(site, { queries: [people], mustExist: ['letter.txt'] }, notify)
  const told = discord.messages.length
  await site.ask('drill')
  expect(textsOf(told).join('\n')).toContain('the drill of database failed')
  expect((await site.holdfast('status')).exitCode).toBe((await site.holdfast('watch', '--quiet')).exitCode)
  expect((await site.holdfast('status')).stdout).toMatch(/drill +passed \d+/)
})

describe('what is damaged', () => {
  test('in the archive or in a pack fails its component alone', async () => {
    const site = await backedUp({})
    await site.cluster.query('CREATE TABLE rows (id int)')
    const segments = [await insertArchived(site, 1), await insertArchived(site, 2), await insertArchived(site, 3)]
    const folder = join(site.storage, 'database/archive/database', `${site.cluster.majorVersion}-1`, '0000000100000000')
    const damaged = join(folder, readdirSync(folder).find((name) => name.startsWith(segments[1] ?? '')) ?? '')
    const content = readFileSync(damaged)
    content.fill(0x55, 100, 200)
    writeFileSync(damaged, content)
    const first = await site.holdfast('drill', '--json')
    expect(first.exitCode).toBe(5)
    expect(resultOf(first, 'documents').outcome).toBe('passed')
    expect(resultOf(first, 'database')).toMatchObject({
      outcome: 'failed',
      point: { kind: 'full' },
      error: { code: 'recovery-incomplete', message: expect.stringContaining(`after WAL segment ${segments[0]}`) },
    })

    await site.ask('backup')
    const data = join(site.storage, 'documents/data')
    const packs = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => /[0-9a-f]{64}$/.test(name))
    const [pack = ''] = packs.toSorted((one, other) => statSync(join(data, other)).size - statSync(join(data, one)).size)
    chmodSync(join(data, pack), 0o600)
    const bytes = readFileSync(join(data, pack))
    bytes.fill(0x55, 1000, 2000)
    writeFileSync(join(data, pack), bytes)
    const second = await site.holdfast('drill', '--json')
    expect(second.exitCode).toBe(5)
    expect(resultOf(second, 'database').outcome).toBe('passed')
    expect(resultOf(second, 'documents')).toMatchObject({ outcome: 'failed', error: { hint: expect.any(String) } })
    expect(existsSync(drillFolder(site))).toBe(false)

    // Behind a hole, recovery would end as if that were all.
    const later = [await insertArchived(site, 4), await insertArchived(site, 5), await insertArchived(site, 6)]
    const missing = readdirSync(folder).find((name) => name.startsWith(later[1] ?? '')) ?? ''
    rmSync(join(folder, missing))
    const third = await site.holdfast('drill', 'database', '--json')
    expect(resultOf(third, 'database')).toMatchObject({
      outcome: 'failed',
      error: { code: 'drill-failed', message: expect.stringContaining(`after segment ${later[0]} one is missing`) },
    })
  })

  test('in a page of an index, which every backup since has copied, is seen', async () => {
    const site = await siteFor({ database: true, files: {} })
    const { cluster } = site
    await cluster.query('CREATE TABLE numbers AS SELECT n FROM generate_series(1, 100000) n', 'campaign')
    await cluster.query('CREATE INDEX numbers_n ON numbers (n)', 'campaign')
    const file = await cluster.query("SELECT pg_relation_filepath('numbers_n')", 'campaign')
    // It is stopped as if by a crash, and recovery would put right what it touches.
    await cluster.query('CHECKPOINT')
    await cluster.stop()
    const path = join(cluster.dataDirectory, file)
    const content = readFileSync(path)
    content.fill(0x55, 40 * 8192 + 4000, 40 * 8192 + 4100)
    writeFileSync(path, content)
    await cluster.restart()
    await site.ask('setup', 'apply', '--yes')
    await site.holdfast('backup')
    const answer = await site.holdfast('drill', '--json')
    expect(answer.exitCode).toBe(5)
    expect(resultOf(answer, 'database').assertions.find(({ holds }: { holds: boolean }) => !holds)).toMatchObject({
      what: 'all tables and indexes are sound',
      said: expect.stringContaining('numbers_n'),
    })
  })
})

test('a disk that is too small is said before anything is restored, and does not stop the next', async () => {
  const site = await siteFor({ database: true })
  const state = join(site.root, 'state')
  mkdirSync(state)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100M,mode=755', 'holdfast-test', state])
  onTestFinished(() => void execFileSync('umount', ['--lazy', state]))
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const answer = await site.holdfast('drill', '--json')
  expect(answer.exitCode).toBe(5)
  expect(resultOf(answer, 'database')).toMatchObject({
    outcome: 'failed',
    error: {
      code: 'storage-full',
      message: expect.stringMatching(/are free in .*, and the drill, .* needs/),
      hint: expect.any(String),
    },
  })
  expect(resultOf(answer, 'documents').outcome).toBe('passed')
})

describe('a drill that is stopped', () => {
  async function slowSite(): Promise<TestSite> {
    const site = await siteFor({ files: { documents: ['documents'] } })
    site.configure({ components: { documents: { files: { paths: [site.documents] } } } })
    for (let count = 0; count < 24; count += 1) writeFileSync(join(site.documents, `large-${count}`), randomBytes(5_000_000))
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    return site
  }

  const restoring = async (site: TestSite, running: Running) => {
    const engine = await processOf(running, newest.restic, ' restore ', drillFolder(site))
    await until(() => readdirSync(drillFolder(site), { recursive: true }).some((name) => String(name).includes('large-')))
    return engine
  }

  test('by TERM leaves nothing behind; a backup meanwhile is refused', async () => {
    const site = await slowSite()
    const running = site.start('drill', '--json')
    const engine = await restoring(site, running)
    process.kill(engine, 'SIGSTOP')
    expect(statSync(join(drillFolder(site), 'documents')).mode & 0o777).toBe(0o700)
    const refused = await site.holdfast('backup', '--json')
    process.kill(engine, 'SIGCONT')
    running.kill('SIGTERM')
    const answer = await running.ended
    expect([refused.exitCode, refused.json.error.code]).toEqual([11, 'locked'])
    expect(answer.exitCode).toBe(130)
    expect(answer.json.drill).toMatchObject({ outcome: 'interrupted', drills: [{ outcome: 'interrupted' }] })
    expect(existsSync(drillFolder(site))).toBe(false)
    expect(readdirSync(join(site.root, 'state', site.name, 'restores'))).toEqual([])
    expect(isAlive(engine)).toBe(false)
  })

  test('by kill -9 is cleared away by the next, which says so', async () => {
    const site = await slowSite()
    const running = site.start('drill')
    const engine = await restoring(site, running)
    running.kill('SIGKILL')
    await running.ended
    await until(() => !isAlive(engine))
    expect(existsSync(drillFolder(site))).toBe(true)
    const { drill } = await site.ask('drill')
    expect(drill).toMatchObject({ outcome: 'passed', healed: [expect.stringContaining('killed')] })
    expect(existsSync(drillFolder(site))).toBe(false)
  })

  test('in a database by kill -9 takes its server with it', async () => {
    const site = await siteFor({ database: true, files: {} })
    site.configure({
      components: {
        database: {
          postgres: { dataDirectory: site.cluster.dataDirectory },
          drill: { queries: [{ query: 'SELECT 1 FROM pg_sleep(600)', is: 1 }] },
        },
      },
    })
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    const running = site.start('drill')
    const copy = ['postgres -D', join(drillFolder(site), 'database')]
    const server = await processOf(running, ...copy)
    killWhenFinished(server)
    const queries = () => processesWith('[local] SELECT').filter(({ pid }) => parentOf(pid) === server).length
    await until(() => queries() === 1)
    // A client that was only being started when Holdfast died may outlive it, and no server must wait for it.
    const [, socket = ''] = / unix_socket_directories=(\S+)/.exec(processesWith(...copy)[0]?.line ?? '') ?? []
    const client = spawn('psql', ['--host', socket, '--username=postgres', '--command=SELECT pg_sleep(600)'], { stdio: 'ignore' })
    killWhenFinished(client.pid as number)
    await until(() => queries() === 2)
    running.kill('SIGKILL')
    await running.ended
    await until(() => !isAlive(server))
    // It takes room from whatever comes next.
    expect((await site.ask('backup')).run.healed).toEqual([expect.stringContaining('what a drill that was killed had restored')])
    expect(existsSync(drillFolder(site))).toBe(false)
  })
})

test('the point that last passed a drill is not removed, of files and of a database', async () => {
  const retention = { retention: { last: 1 } }
  const site = await siteFor({ database: true, settings: retention })
  const components = {
    database: { postgres: { dataDirectory: site.cluster.dataDirectory, full: 'always' } },
    documents: { files: { paths: [site.documents] } },
  }
  site.configure({ components })
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup', '--no-retention')
  const { drill } = await site.ask('drill')
  for (const _ of [1, 2]) {
    writeFileSync(join(site.documents, 'more'), randomBytes(100))
    await site.ask('backup', '--no-retention')
  }
  await site.ask('retention', 'apply', '--yes', '--allow-large')
  const { components: left } = await site.ask('points')
  for (const [index, { point }] of drill.drills.entries()) {
    expect(left[index].points).toHaveLength(2)
    expect(left[index].points[0].id).toBe(point.id)
  }
  const plan = await site.ask('retention', 'plan')
  for (const { keep } of plan.components) {
    const causes = keep.flatMap(({ reasons }: Answer['json']) => reasons.map(({ cause }: Answer['json']) => cause))
    expect(causes.filter((cause: string) => cause === 'drilled')).toHaveLength(1)
  }
})

test('a drill that is overdue is a finding of watch and status, until one has passed', async () => {
  const site = await siteFor()
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const drills = async (...words: string[]) =>
    (await site.holdfast(...words, '--json')).json[words[0] as string].checks.filter(
      ({ kind }: { kind: string }) => kind === 'drill',
    )
  expect(await drills('watch')).toMatchObject([{ component: 'documents', said: 'no drill yet' }])
  expect((await drills('watch'))[0].error).toBeUndefined()
  const folder = join(site.root, 'state', site.name)
  for (const name of readdirSync(join(folder, 'journal'))) {
    const earlier = (time: string) => new Date(Date.parse(time) - 34 * 86_400_000).toISOString()
    const text = readFileSync(join(folder, 'journal', name), 'utf8')
    writeFileSync(
      join(folder, 'journal', name),
      text.replaceAll(/"(at|beganAt)":"([^"]+)"/g, (_, key: string, time: string) => `"${key}":"${earlier(time)}"`),
    )
  }
  rmSync(join(folder, 'watch.json'))
  const [overdue] = await drills('watch')
  expect(overdue.error).toMatchObject({ code: 'drill-overdue', hint: expect.stringContaining('holdfast drill documents') })
  expect((await site.holdfast('status')).stdout).toContain('no drill of it is known to have passed')
  await site.ask('drill')
  expect((await drills('watch'))[0].error).toBeUndefined()
  expect((await site.holdfast('status')).stdout).not.toContain('no drill of it')
})

test('a configuration asks of each kind of component what it can answer', async () => {
  const site = await siteFor()
  const paths = [site.documents, join(site.root, 'other')]
  const refused = async (component: object): Promise<string> => {
    site.configure({ components: { documents: component } })
    const answer = await site.holdfast('config', 'check')
    expect(answer.exitCode).toBe(78)
    return answer.stderr
  }
  expect(await refused({ files: { paths }, drill: { queries: [{ query: 'SELECT 1', is: 1 }] } })).toContain('is no database')
  expect(await refused({ files: { paths }, drill: { mustExist: ['letter.txt'] } })).toContain(
    'is relative, and documents has 2 paths',
  )
  expect(await refused({ files: { paths }, drill: { mustExist: ['/etc/passwd'] } })).toContain('is in none of the paths')
  expect(await refused({ postgres: { dataDirectory: '/srv/pg' }, drill: { mustExist: ['/srv'] } })).toContain('holds no files')
})
