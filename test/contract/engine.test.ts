import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { systemClock } from '../../src/domain/clock.ts'
import type { Progress } from '../../src/domain/events.ts'
import type { RepositoryLocation } from '../../src/domain/repository.ts'
import type { RestorePoint } from '../../src/domain/restore-point.ts'
import type { Engine, EngineContext } from '../../src/engines/port.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { proveRestoredCluster } from '../../src/sources/postgres/restored/cluster.ts'
import { createDatabaseSubject, createFileSubject, type Subject, type SubjectOptions } from '../support/contract-engines.ts'
import { killWhenFinished, processesWith, until } from '../support/processes.ts'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'

/** What both engines promise behind their one port, seen on the real ones, both versions, both storages. */

const s3 = inject('s3')
const cases = inject('pairs').flatMap((pair) =>
  (['restic', 'pgbackrest'] as const).flatMap((engine) => [
    { engine, version: pair.versions[engine], pair, storage: 'directory' as const },
    { engine, version: pair.versions[engine], pair, storage: 's3' as const },
  ]),
)

describe.each(cases)('$engine $version on $storage', ({ engine: name, pair, storage, version }) => {
  let site: TestSite
  const progress: Progress[] = []
  const context = (signal = new AbortController().signal): EngineContext => ({
    signal,
    clock: systemClock,
    report: (heard) => void progress.push(heard),
  })
  afterEach(() => void progress.splice(0))

  beforeAll(async () => {
    site = await createTestSite({ pair, database: name === 'pgbackrest' })
    // Long enough to tell of its progress.
    if (name === 'restic') writeFileSync(join(site.documents, 'large'), randomBytes(150_000_000))
  })
  afterAll(() => site.remove())

  function locationOf(folder: string): RepositoryLocation {
    if (storage === 'directory') return { kind: 'directory', path: join(site.storage, folder) }
    const { hostname: host, port } = new URL(s3.endpoint)
    const { bucket, region, caFile } = s3
    return { kind: 's3', host, port: Number(port), bucket, region, caFile, pathStyle: true, prefix: `${site.name}/${folder}` }
  }

  const optionsOn = (folder: string, key = passphrase, program = pair[name]): SubjectOptions => ({
    ...{ site, location: locationOf(folder), program, key, folder },
    s3Keys: { id: s3.accessKeyId, secret: s3.secretAccessKey },
  })
  const subjectOn = (...where: Parameters<typeof optionsOn>): Subject =>
    name === 'restic' ? createFileSubject(optionsOn(...where)) : createDatabaseSubject(optionsOn(...where))

  let subject: Subject
  let main: Engine

  const idsOf = (points: readonly RestorePoint[]): string[] => points.map(({ id }) => id)
  const at = (points: readonly RestorePoint[], index: number): RestorePoint => points.at(index) as RestorePoint

  test('names its version, and is refused by name when it is absent or too old', async () => {
    expect(await subjectOn('main').engine.version(context())).toBe(version)
    const absent = subjectOn('main', passphrase, join(site.root, 'nowhere'))
    await expect(absent.engine.version(context())).rejects.toMatchObject({ code: 'engine-missing' })
    const old = join(site.root, 'old-engine')
    writeFileSync(old, '#!/bin/sh\necho engine 0.9.1 of old\n', { mode: 0o755 })
    const refused = subjectOn('main', passphrase, old).engine.version(context())
    await expect(refused).rejects.toMatchObject({ code: 'engine-too-old', message: expect.stringContaining('0.9.1') as string })
  })

  test('has no repository until setUp makes one: a backup never does', async () => {
    subject = subjectOn('main')
    main = subject.engine
    subject.prepare()
    expect(await main.exists(context())).toBe(false)
    await expect(subject.backUp('first', context())).rejects.toMatchObject({ code: 'repository-missing' })
    await expect(main.listPoints(context())).rejects.toMatchObject({ code: 'repository-missing' })
    expect(await main.exists(context())).toBe(false)
    await main.setUp(context())
    expect(await main.exists(context())).toBe(true)
    expect(await main.listPoints(context())).toEqual([])
    if (name === 'pgbackrest') {
      const { archiveCommand } = createDatabaseSubject(optionsOn('main')).engine.configuration
      await site.cluster.query(`ALTER SYSTEM SET archive_command = '${archiveCommand}'`, 'postgres')
      await site.cluster.query("ALTER SYSTEM SET archive_mode = 'on'", 'postgres')
      await site.cluster.restart()
    }
    await main.check(context())
  })

  test('backs up, with progress, what its point then says', async () => {
    const made = await subject.backUp('first', context())
    expect(made.faults).toEqual([])
    expect(made.point.kind).toBe(subject.kinds.first)
    const [point, ...others] = await main.listPoints(context())
    expect(others).toEqual([])
    expect(point?.id.startsWith(made.point.id)).toBe(true)
    expect(point).toMatchObject({ kind: subject.kinds.first, dependsOn: [], hasErrors: false })
    expect(made.processedBytes).toBeGreaterThan(3_000_000)
    expect(made.addedBytes).toBeGreaterThan(0)
    expect(progress.some(({ doneBytes, totalBytes }) => doneBytes !== undefined && totalBytes !== undefined)).toBe(true)
  })

  test('adds only what is new the second time', async () => {
    const made = await subject.backUp('next', context())
    const points = await main.listPoints(context())
    expect(points).toHaveLength(2)
    expect(points[1]?.id.startsWith(made.point.id)).toBe(true)
    expect(made.addedBytes).toBeLessThan(made.processedBytes / 4)
    expect(await main.usage(context())).toBeGreaterThan(made.addedBytes)
  })

  test('restores a point into an empty folder, with progress where the version tells any', async () => {
    const target = join(site.root, 'target')
    await subject.restore(at(await main.listPoints(context()), 0), target, context())
    expect(existsSync(join(target, subject.proof))).toBe(true)
    // restic tells of a restore from 0.16 on, and then only of one that takes longer than this.
    expect(name === 'restic' || progress.some(({ doneBytes }) => doneBytes !== undefined)).toBe(true)
    expect(existsSync(`${target}-tablespaces`)).toBe(false)
  })

  test('ends what was killed before there was anything to go on with', async () => {
    const target = join(site.root, 'target')
    const found = join(target, subject.proof)
    // As pgBackRest leaves a folder in its first moments: files, and not yet those by which it knows its own work.
    rmSync(found)
    await subject.restore(at(await main.listPoints(context()), 0), target, context(), 'unfinished')
    expect(existsSync(found)).toBe(true)
  })

  test('a wrong passphrase is told from a missing repository, and changes nothing', async () => {
    const wrong = subjectOn('main', 'not the right passphrase')
    wrong.prepare()
    try {
      await expect(wrong.engine.exists(context())).rejects.toMatchObject({ code: 'wrong-key', exitCode: 12 })
      await expect(wrong.backUp('first', context())).rejects.toMatchObject({ code: 'wrong-key' })
      await expect(wrong.engine.listPoints(context())).rejects.toMatchObject({ code: 'wrong-key' })
    } finally {
      subject.prepare()
    }
    expect(await main.listPoints(context())).toHaveLength(2)
  })

  test('an abort stops the engine, and the next backup meets no lock', async () => {
    const controller = new AbortController()
    // So much that restic is not done before it is told to stop.
    if (name === 'restic') writeFileSync(join(site.documents, 'passing'), randomBytes(150_000_000))
    const stopped = subject.backUp('first', { ...context(controller.signal), report: () => controller.abort() })
    setTimeout(() => controller.abort(), 100)
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
    expect(processesWith(site.root, `${name} `).filter(({ line }) => !line.includes('archive-push'))).toEqual([])
    await subject.backUp('next', context())
  })

  test('a secret is in no argument of what it runs, and in no text that it gives back', async () => {
    const commands = await subject.backUpCommands(context())
    expect(commands).not.toEqual([])
    for (const command of commands) {
      const words = JSON.stringify([command.arguments, command.environment])
      for (const secret of [passphrase, s3.secretAccessKey]) expect(words).not.toContain(secret)
    }
  })

  /** A new point, after changes of which only it knows. */
  async function another(turn: 'first' | 'next', pin?: string): Promise<RestorePoint> {
    if (name === 'restic') writeFileSync(join(site.documents, 'passing'), randomBytes(20_000_000))
    else
      await site.cluster.query(
        'CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1); SELECT pg_switch_wal()',
        'postgres',
      )
    await subject.backUp(turn, context(), pin)
    return at(await main.listPoints(context()), -1)
  }

  /** Another process of restic’s that died with the repository locked for itself alone. */
  async function leaveStaleLock(): Promise<void> {
    if (name !== 'restic' || storage !== 'directory') return
    const folder = join(site.storage, 'main')
    const child = spawn(pair.restic, ['-r', folder, '--no-cache', 'check', '--read-data'], {
      env: { RESTIC_PASSWORD: passphrase, HOME: site.root },
      stdio: 'ignore',
    })
    killWhenFinished(child.pid as number)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await until(() => readdirSync(join(folder, 'locks')).some((lock) => /^[0-9a-f]{64}$/.test(lock)))
    child.kill('SIGKILL')
    await ended
  }

  test('keeps a point for ever, tells why, and takes that back; its id may change, and nothing else', async () => {
    const why = 'before 16, 100% sure\n東京 "🙂" a=b'
    const born = await another('next', why)
    expect(born).toMatchObject({ pin: why })
    expect(born.tags.join()).not.toContain('16')
    await leaveStaleLock()
    const before = await main.listPoints(context())
    const pinned = await main.pin(at(before, 0), 'the first, and best', context())
    expect(at(await main.listPoints(context()), 0)).toEqual({ ...at(before, 0), id: pinned, pin: 'the first, and best' })
    const again = await main.pin(at(await main.listPoints(context()), 0), 'another reason', context())
    expect(at(await main.listPoints(context()), 0)).toMatchObject({ id: again, pin: 'another reason' })
    const same = await main.pin(at(await main.listPoints(context()), 0), 'another reason', context())
    expect(same).toBe(again)
    const unpinned = await main.pin(at(await main.listPoints(context()), 0), undefined, context())
    expect(await main.pin({ ...at(before, 0), id: unpinned }, undefined, context())).toBe(unpinned)
    expect(await main.listPoints(context())).toEqual([{ ...at(before, 0), id: unpinned }, ...before.slice(1)])
    const unknown = { ...at(before, 0), id: name === 'restic' ? '0'.repeat(64) : '20200101-000000F' }
    await expect(main.pin(unknown, 'why', context())).rejects.toMatchObject({ code: 'point-unknown' })
  })

  test('removes exactly the points that it is told, tells of each, and never the last, a pinned or a needed one', async () => {
    const passing = await another('next')
    const alsoPassing = await another('next')
    rmSync(join(site.documents, 'passing'), { force: true })
    const kept = (await main.listPoints(context())).slice(0, -2)
    const gone: string[] = []
    const remove = (points: readonly RestorePoint[]) => main.remove(points, ({ id }) => void gone.push(id), context())
    const all = [...kept, passing, alsoPassing]
    await expect(remove(all.toReversed())).rejects.toMatchObject({ code: 'point-needed' })
    await expect(remove(all.filter(({ pin }) => pin !== undefined))).rejects.toMatchObject({ code: 'point-needed' })
    // Of restic's nothing is needed by another: there it is all of them once more.
    const needed = all.filter(({ id }) => all.some(({ dependsOn }) => dependsOn.includes(id)))
    await expect(remove(needed.length > 0 ? needed : all)).rejects.toMatchObject({ code: 'point-needed' })
    expect(gone).toEqual([])
    expect(await main.listPoints(context())).toEqual(all)
    await leaveStaleLock()
    await remove([alsoPassing, passing])
    expect(gone).toEqual([alsoPassing.id, passing.id])
    await remove([passing])
    expect(gone).toHaveLength(3)
    expect(await main.listPoints(context())).toEqual(kept)
  })

  const pruning = {
    async restic() {
      const { engine } = createFileSubject(optionsOn('main'))
      // Its own answer to the question of size counts only what is still needed.
      const size = () => (storage === 's3' ? 0 : Number(/^\d+/.exec(execFileSync('du', ['-sb', site.storage]).toString())))
      const before = size()
      await leaveStaleLock()
      await engine.prune(context())
      expect(storage === 's3' || before - size() > 30_000_000).toBe(true)
      const letter = join(site.documents, 'letter.txt')
      for (const point of await main.listPoints(context())) {
        const target = join(site.root, `kept-${point.id.slice(-12)}`)
        mkdirSync(target)
        await engine.restore({ point, paths: [letter], target }, context())
        expect(readFileSync(join(target, letter), 'utf8')).toBe('dear all\n')
      }
    },
    async pgbackrest() {
      const points = await main.listPoints(context())
      const { engine } = createDatabaseSubject(optionsOn('main'))
      const windows = async () => (await engine.recoverability([], context())).windows
      await engine.prune({ keepWalFrom: undefined }, context())
      expect(await windows()).toMatchObject([{ from: at(points, 0).endedAt, points: idsOf(points) }])
      const from = await another('first')
      const last = await another('next')
      await engine.prune({ keepWalFrom: from }, context())
      // No backup went; of those before, each keeps the WAL that it needs by itself.
      expect(idsOf(await main.listPoints(context()))).toEqual([...idsOf(points), from.id, last.id])
      expect((await windows()).at(-1)).toMatchObject({ from: from.endedAt, points: [from.id, last.id] })
      expect((await windows()).length).toBeGreaterThan(1)
      const unknown = { ...from, id: '20200101-000000F' }
      await expect(engine.prune({ keepWalFrom: unknown }, context())).rejects.toMatchObject({ code: 'point-unknown' })
      for (const point of [at(points, 0), at(points, -1), last]) {
        const target = join(site.root, `kept-${point.id.slice(-12)}`)
        await subject.restore(point, target, context())
        const { databases } = await proveRestoredCluster({
          ...{ place: createLocalPlace(), clock: systemClock, signal: context().signal, report: () => undefined },
          ...{
            dataDirectory: target,
            user: 'postgres',
            database: 'postgres',
            deadlineMs: 60_000,
            lastWal: undefined,
          },
          ...{ until: 'end', archiving: 'off' },
        })
        expect(databases.map((database) => database.name)).toContain('campaign')
      }
    },
  }

  // oxlint-disable-next-line vitest/expect-expect -- in what it calls, which differs by engine
  test('frees what no point needs any more, and everything that is left can be restored', () => pruning[name]())

  test('a repository that vanished is missing, not empty', async () => {
    const other = subjectOn('elsewhere')
    other.prepare()
    if (storage === 'directory') rmSync(join(site.storage, 'elsewhere'), { recursive: true, force: true })
    await expect(other.engine.listPoints(context())).rejects.toMatchObject({ code: 'repository-missing' })
    expect(
      storage === 'directory' && existsSync(join(site.storage, 'elsewhere')) ? readdirSync(join(site.storage, 'elsewhere')) : [],
    ).toEqual([])
  })
})
