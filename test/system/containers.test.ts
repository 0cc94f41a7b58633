import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { putBackInContainer } from '../../src/sources/postgres/manual/restore-in-container.ts'
import type { ContainerEngine } from '../support/container-engine.ts'
import { imageUid, startDocker } from '../support/container-engine.ts'
import type { EnginePair } from '../support/engines.ts'
import { processAppears, processesWith, processOf, until } from '../support/processes.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/** A database whose server and pgBackRest live in a container of a real Docker. */

const [pair, newerPair] = inject('pairs') as [EnginePair, EnginePair]

let docker: ContainerEngine
let site: TestSite

/** The name of the component, and of its stanza: no other test's processes carry it. */
const name = `boxed-${randomBytes(3).toString('hex')}`
const data = () => join(site.root, 'data')
const configuration = () => join(site.root, 'site/pgbackrest', name)
const mounts = () => [`${configuration()}:/etc/pgbackrest:ro`, `${join(site.root, 'storage')}:${join(site.root, 'storage')}`]

const settings = (postgres: object = {}) => ({ components: { [name]: { postgres: { container: 'db', ...postgres } } } })
const startDatabase = (options: object = {}) => docker.startDatabase({ name: 'db', data: data(), mounts: mounts(), ...options })
const pgbackrests = () =>
  processesWith('pgbackrest', `--stanza=${name}`).filter(
    ({ line }) => /backup|--exec-id/.test(line) && !line.startsWith('docker'),
  )
/** The one that the others work for. */
const mainProcess = () => pgbackrests().find(({ line }) => line.startsWith('pgbackrest') && line.endsWith(' backup '))?.pid
/** The server's own words after a process that it took for one of its own and that ended badly. */
const crashes = () => docker.logs('db').filter((line) => line.includes('all server processes terminated'))

const archiving = {
  archive_mode: 'on',
  archive_command: `pgbackrest --config=/etc/pgbackrest/pgbackrest.conf --stanza=${name} archive-push %p`,
}

beforeAll(async () => {
  docker = await startDocker()
  site = await createTestSite({ pair, files: {}, settings: { patience: '2s' }, environment: docker.environment })
  site.configure(settings())
  mkdirSync(configuration(), { recursive: true })
  mkdirSync(join(site.root, 'storage'))
})
afterAll(async () => {
  await docker?.stop()
  await site?.remove()
})

describe('a database in a container', () => {
  test('is set up and backed up through docker exec, with PostgreSQL as its first process', async () => {
    await docker.startDatabase({ name: 'db', data: data() })
    const blind = await site.ask('setup', 'plan')
    expect(blind.items).toContainEqual(
      expect.objectContaining({
        action: 'recreate',
        subject: 'container db',
        detail: expect.stringContaining(':/etc/pgbackrest:ro'),
      }),
    )
    docker.ask('rm', '--force', 'db')
    await startDatabase()
    expect((await site.holdfast('setup', 'apply', '--yes')).text).toContain('archiving was seen to work')
    docker.sql('db', 'CREATE TABLE bulk AS SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 100000) n')
    const kinds: string[] = []
    for (let turn = 0; turn < 2; turn += 1) kinds.push((await site.ask('backup')).run.steps[0].point.kind)
    expect(kinds).toEqual(['full', 'differential'])
    expect((await site.ask('points')).components[0].points).toHaveLength(2)
    expect(crashes()).toEqual([])
  })

  /** A run that is in the middle of its backup: a worker of it is there, which could outlive it. */
  async function begunBackup() {
    const running = site.start('backup', '--json')
    await processOf(running, 'pgbackrest', '--exec-id=', `--stanza=${name}`)
    return running
  }

  test('leaves nothing running inside when it is told to end, is not done before, and its server is unharmed', async () => {
    const running = await begunBackup()
    running.kill('SIGTERM')
    expect((await running.ended).exitCode).toBe(130)
    expect(pgbackrests()).toEqual([])
    expect(crashes()).toEqual([])
  })

  test('leaves nothing running inside when Holdfast is killed, and goes on with the next run', async () => {
    const running = await begunBackup()
    running.kill('SIGKILL')
    await running.ended
    await until(() => pgbackrests().length === 0)
    const next = await site.ask('backup')
    expect(next.run).toMatchObject({ outcome: 'done', healed: [expect.stringContaining('was killed before its end')] })
    expect(crashes()).toEqual([])
  })

  test('stops what a killed run left running in spite of that, and says so', async () => {
    const running = await begunBackup()
    const backup = await until(mainProcess)
    // So that it isn't done too early; and a client that hangs doesn't pass on the end of its input.
    process.kill(backup, 'SIGSTOP')
    const client = await processOf(running, 'docker exec', ' backup', `--stanza=${name}`)
    process.kill(client, 'SIGSTOP')
    running.kill('SIGKILL')
    await running.ended
    expect(pgbackrests()).not.toEqual([])
    const next = await site.ask('backup')
    process.kill(client, 'SIGKILL')
    expect(next.run.steps[0]).toMatchObject({
      outcome: 'done',
      healed: ['stopped pgbackrest, which a killed run had left running in container db'],
    })
    expect(crashes()).toEqual([])
  })

  test('leaves alone what somebody else runs there, and says that it is in the way', async () => {
    const words = ['pgbackrest', '--config=/etc/pgbackrest/pgbackrest.conf', `--stanza=${name}`, '--type=full', 'backup']
    docker.ask('exec', '--detach', '--user', 'postgres', 'db', ...words)
    // It has its lock when it has workers.
    await processAppears('pgbackrest', '--exec-id=', `--stanza=${name}`)
    const pid = await until(mainProcess)
    // For as long as the question takes.
    process.kill(pid, 'SIGSTOP')
    const answer = await site.holdfast('backup', '--json')
    expect(pgbackrests().map((one) => one.pid)).toContain(pid)
    process.kill(pid, 'SIGCONT')
    expect(answer.json.run.steps[0].errors).toMatchObject([{ code: 'locked' }])
    await until(() => pgbackrests().length === 0)
  })

  test('says of WAL that pgBackRest dropped it, and the next watch hears that and begins a new base backup', async () => {
    const good = docker.sql('db', 'SHOW archive_command')
    const archiveWith = async (command: string) => {
      docker.sql('db', `ALTER SYSTEM SET archive_command = '${command}'`)
      docker.sql('db', 'SELECT pg_reload_conf()')
      await until(() => docker.sql('db', 'SHOW archive_command') === command)
    }
    const atMost = (queue: string) => archiveWith(good.replace('archive-push', `--archive-push-queue-max=${queue} archive-push`))
    expect((await site.ask('watch')).watch.asked).toEqual([])
    await atMost('1MB')
    for (const _ of [1, 2]) docker.sql('db', 'SELECT txid_current(); SELECT pg_switch_wal()')
    await until(() => docker.sql('db', "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'") === '0')
    await atMost('1GB')
    const { watch } = (await site.holdfast('watch', '--json')).json
    expect(watch.asked).toEqual([{ component: name, reason: 'pgBackRest may drop WAL' }])
    expect(watch.cured).toEqual([{ component: name, exitCode: 3 }])
    expect((await site.ask('points')).components[0].windows).toHaveLength(2)
    await archiveWith(good)
    expect((await site.ask('watch')).watch).toMatchObject({ asked: [], cured: [] })
  })
})

describe('a restore of a database in a container', () => {
  const copy = () => join(site.root, 'restored', name)
  const rows = () => docker.sql('db', 'SELECT count(*) FROM bulk')
  /** What a drill that passed asked; nothing of it is left. */
  const drilled = async (): Promise<string[]> => {
    const { drill } = await site.ask('drill')
    expect(drill.outcome).toBe('passed')
    expect(existsSync(join(site.root, 'state', site.name, 'drill'))).toBe(false)
    return drill.drills[0].assertions.map(({ what }: { what: string }) => what)
  }

  /** Does the first of the two things that are named where Holdfast refuses to load a table; gives back the second. */
  const dumped = async (): Promise<string> => {
    const wanted = ['--database', 'postgres', '--table', 'public.bulk', '--into', 'postgres', '--replace']
    const { hint } = (await site.holdfast('restore', name, ...wanted, '--json')).json.error as { hint: string }
    const [dump = '', load = ''] = hint.replaceAll('FILE', join(site.root, 'bulk.dump')).split('; then ')
    const typed = dump.replace(/^holdfast /, `'${process.execPath}' '${inject('program')}' `)
    execFileSync('sh', ['-ec', typed], { env: site.environment, stdio: 'pipe' })
    return load
  }

  test('goes into a folder by a second container, is proven there, and is put back by the commands of the runbook', async () => {
    docker.sql('db', 'DELETE FROM bulk WHERE n > 1000')
    const majorVersion = docker.sql('db', 'SHOW server_version_num').slice(0, 2)
    expect(await site.ask('restore', name, '--to', copy())).toMatchObject({ restore: { cluster: { majorVersion } } })
    expect(statSync(copy()).uid).toBe(imageUid)
    expect(docker.ask('ps', '--all', '--format', '{{.Names}}').trim()).toBe('db')
    expect(await drilled()).toContain('all tables and indexes are sound')
    docker.sql('db', 'DROP TABLE bulk')
    const container = { name: 'db', runtime: 'docker', user: 'postgres', findsData: true } as const
    for (const { command } of putBackInContainer({ copy: copy(), dataDirectory: '/var/lib/postgresql/data' }, container))
      execFileSync('sh', ['-ec', command], { env: docker.environment, stdio: 'pipe' })
    await until(() => docker.answers('db'))
    expect(rows()).toBe('1000')
    expect(existsSync(`${copy()}.before-restore/PG_VERSION`)).toBe(true)
    // It was started without archiving, as the runbook says; what was written meanwhile is a hole, which is told once.
    expect((await site.holdfast('setup', 'apply', '--yes')).text).toContain('archiving was seen to work')
    expect((await site.holdfast('backup', '--json')).json.run.steps[0].errors).toMatchObject([{ code: 'wal-gap' }])
  })

  test('takes this machine’s own programs where they may read the repository, also when the container is gone', async () => {
    docker.ask('rm', '--force', 'db')
    const { uid, gid } = statSync('/var/lib/postgresql')
    execFileSync('chown', ['--recursive', `${uid}:${gid}`, join(site.storage, name)])
    const here = join(site.root, 'here')
    expect(await site.ask('restore', name, '--to', here)).toMatchObject({
      restore: { cluster: { databases: [{ name: 'postgres' }] } },
    })
    expect(statSync(here).uid).toBe(uid)
    expect(await drilled()).toContain('all tables are sound')
    const load = await dumped()
    execFileSync('chown', ['--recursive', `${imageUid}:${imageUid}`, join(site.storage, name)])
    const answer = await site.holdfast('restore', name, '--to', join(site.root, 'nowhere'), '--json')
    expect(answer.json.error).toMatchObject({
      code: 'container-missing',
      hint: expect.stringContaining(`useradd --system --uid ${imageUid}`),
    })
    await startDatabase()
    docker.sql('db', 'DELETE FROM bulk')
    execFileSync('sh', ['-ec', load], { env: docker.environment, stdio: 'pipe' })
    expect(rows()).toBe('1000')
  })

  test('has its commands in the runbook', async () => {
    expect((await site.ask('runbook')).text).toContain('docker stop -t 60 db')
  })
})

/** The error of the only step of a backup that can't go well. */
async function failure(environment: Readonly<Record<string, string>> = {}) {
  const answer = await site.startAs(environment, 'backup', '--json').ended
  expect([3, 78]).toContain(answer.exitCode)
  return answer.json.run.steps[0].errors[0] as { code: string; message: string; hint: string }
}

describe('a container that cannot be backed up', () => {
  test('because it is paused, stopped, renamed or gone, is told by name and with the command that helps', async () => {
    docker.ask('pause', 'db')
    expect(await failure()).toMatchObject({
      code: 'container-down',
      message: 'container db is paused',
      hint: 'docker unpause db',
    })
    docker.ask('unpause', 'db')
    docker.ask('rename', 'db', 'other')
    expect(await failure()).toMatchObject({ code: 'container-missing', hint: expect.stringContaining('docker ps --all') })
    docker.ask('rename', 'other', 'db')
    docker.ask('stop', '--time', '5', 'db')
    expect(await failure()).toMatchObject({ code: 'container-down', hint: expect.stringContaining('docker start db') })
    docker.ask('start', 'db')
  })

  test('because Docker does not answer', async () => {
    expect(await failure({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toMatchObject({
      code: 'container-runtime',
      message: 'docker does not answer, and podman has no container named db',
    })
  })

  test('because another user owns the data, and is refused as root before anything', async () => {
    site.configure(settings({ containerUser: 'root' }))
    const answer = await site.holdfast('config', 'check')
    expect([answer.exitCode, answer.text]).toEqual([78, expect.stringContaining('is root')])
    site.configure(settings({ containerUser: '1234' }))
    expect(await failure()).toMatchObject({ code: 'no-access', hint: expect.stringContaining(`containerUser: "${imageUid}"`) })
    site.configure(settings({ containerUser: 'nobody-of-that-name' }))
    expect(await failure()).toMatchObject({ code: 'no-access', message: 'container db has no user nobody-of-that-name' })
    site.configure(settings())
  })

  test('because the repository belongs to a user of this machine', async () => {
    const repository = join(site.storage, name)
    chownSync(repository, 0, 0)
    expect(await failure()).toMatchObject({
      code: 'no-access',
      message: `${repository} belongs to user 0, and postgres in container db is user ${imageUid}`,
      hint: `chown --recursive ${imageUid} ${repository}`,
    })
    chownSync(repository, imageUid, imageUid)
  })

  test('because pgBackRest is not in its image', async () => {
    docker.ask('rm', '--force', 'db')
    await startDatabase({ mounts: [...mounts(), '/dev/null:/usr/bin/pgbackrest:ro'] })
    expect(await failure()).toMatchObject({
      code: 'engine-missing',
      message: 'pgbackrest is not installed in container db',
      hint: expect.stringContaining('image'),
    })
  })

  test('because another cluster lives under its name', async () => {
    docker.ask('rm', '--force', 'db')
    await startDatabase({ data: join(site.root, 'stranger') })
    // A copied configuration archives as the old one did.
    for (const [setting, value] of Object.entries(archiving)) docker.sql('db', `ALTER SYSTEM SET ${setting} = '${value}'`)
    docker.ask('restart', 'db')
    await until(() => docker.answers('db'))
    expect(await failure()).toMatchObject({ code: 'postgres-mismatch' })
  })
})

describe('a container that was made anew', () => {
  const olderEngine: unknown = expect.stringContaining(`was made by pgBackRest ${newerPair.versions.pgbackrest}`)

  // Where PostgreSQL is too new for the older pgBackRest there is only one.
  test.skipIf(pair.pgbackrest === newerPair.pgbackrest)(
    'goes on where the old one ended, with another pgBackRest too, which is said',
    async () => {
      docker.ask('rm', '--force', 'db')
      await startDatabase({ pgbackrest: newerPair.pgbackrest })
      const { steps } = (await site.ask('backup')).run
      expect(steps[0]).toMatchObject({ outcome: 'done', point: { kind: 'differential' } })
      expect(steps[0].warnings).not.toContainEqual(olderEngine)
      docker.ask('rm', '--force', 'db')
      await startDatabase()
      const again = (await site.ask('backup')).run.steps[0]
      expect(again).toMatchObject({ outcome: 'done' })
      expect(again.warnings).toContainEqual(olderEngine)
      const before = (await site.ask('points')).components[0].points
      site.configure({ ...settings(), retention: { last: 1 } })
      await site.ask('retention', 'apply', '--allow-large', '--yes')
      site.configure(settings())
      expect((await site.ask('points')).components[0].points.length).toBeLessThan(before.length)
    },
  )

  test('is warned of when a failing storage would restart its database', async () => {
    docker.ask('rm', '--force', 'db')
    await startDatabase({ environment: { PGBACKREST_ARCHIVE_ASYNC: 'y' } })
    const plan = await site.ask('setup', 'plan')
    expect(plan.items).toMatchObject([{ action: 'recreate', detail: expect.stringContaining('--init') }])
    const { warnings } = (await site.ask('backup')).run.steps[0]
    expect(warnings).toContainEqual(expect.stringContaining('restarts as after a crash'))
    docker.ask('rm', '--force', 'db')
    await startDatabase({ environment: { PGBACKREST_ARCHIVE_ASYNC: 'y' }, init: true })
    expect((await site.ask('setup', 'plan')).items).toEqual([])
  })
})
