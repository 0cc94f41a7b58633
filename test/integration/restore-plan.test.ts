import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { shellWord } from '../../src/places/command-text.ts'
import { createTestSite, type TestSite } from '../support/test-site.ts'

/**
 * What --dry-run prints is what runs. Each engine is called through a program that writes down its words first; so is cp, which
 * copies the old data of a restore in place. Questions, which change nothing, are left out: a plan does not list them.
 */

const newest = inject('pairs').at(-1)

describe.each(newest === undefined ? [] : [newest])('the plan of a restore with $name', (pair) => {
  let site: TestSite
  let log: string
  let past: string

  beforeAll(async () => {
    site = await createTestSite({ pair, database: true })
    const programs = join(site.root, 'programs')
    log = join(site.root, 'commands.log')
    mkdirSync(programs)
    writeFileSync(log, '')
    // The owner of the cluster writes there too.
    chmodSync(log, 0o666)
    const logged = (name: string, real: string) => {
      const file = join(programs, name)
      const words = `for word in "$0" "$@"; do printf '%s\\036' "$word"; done; echo`
      writeFileSync(file, `#!/bin/sh\n{ ${words}; } >> ${log}\nexec ${real} "$@"\n`)
      chmodSync(file, 0o755)
      return file
    }
    site.configure({ engines: { restic: logged('restic', pair.restic), pgbackrest: logged('pgbackrest', pair.pgbackrest) } })
    logged('cp', '/bin/cp')
    Object.assign(site.environment, { PATH: `${programs}:${site.environment['PATH']}` })
    await site.cluster.query('CREATE TABLE rows (id int PRIMARY KEY)')
    await site.ask('setup', 'apply', '--yes')
    await site.ask('backup')
    await site.cluster.query('INSERT INTO rows VALUES (1)')
    const now = "to_char(clock_timestamp() AT TIME ZONE 'Australia/Perth', 'YYYY-MM-DD HH24:MI:SS')"
    past = (await site.cluster.query(`SELECT pg_sleep(1.1); SELECT ${now}`)).trim()
    await site.cluster.query('SELECT pg_sleep(1.1); INSERT INTO rows VALUES (2)')
  })
  afterAll(() => site.remove())

  /** The commands that ran and changed something, as a person would type them. */
  function commandsOf(work: readonly string[][]): string[] {
    const changes = (words: string[]) => words.some((word) => word === 'restore' || word === '-a') && !words.includes('--dry-run')
    return work.filter(changes).map((words) => words.map(shellWord).join(' '))
  }

  const ran = (): string[] => {
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1)
    return commandsOf(lines.map((line) => line.split('\u001E').slice(0, -1)))
  }

  /** Of what a plan lists, what goes through the programs of this test: without the user and the environment before it. */
  const through = (commands: readonly string[]): string[] =>
    commands.flatMap((command) => /(?:^| )((?:\S*\/programs\/(?:restic|pgbackrest)|cp) .*)$/.exec(command)?.[1] ?? [])

  const bare = (command: string) => command.replace(/^\S*\/programs\/cp /, 'cp ')

  /** Restores as planned, and compares; gives back the outcome. */
  async function restoreAsPlanned(...words: string[]) {
    const { plan } = await site.ask('restore', ...words, '--dry-run')
    writeFileSync(log, '')
    const { restore } = await site.ask('restore', ...words, '--yes')
    const stamp = /\d{8}-\d{6}$/.exec(restore.setAside?.at(-1) ?? basename(restore.target))?.[0] ?? plan.stamp
    const planned = through(plan.commands).map((command) => command.replaceAll(plan.stamp, 'STAMP'))
    expect(planned.length).toBeGreaterThan(0)
    expect(ran().map((command) => bare(command).replaceAll(stamp, 'STAMP'))).toEqual(planned)
    return { plan, restore }
  }

  test('of files into a folder, whole or in part', async () => {
    const target = join(site.root, 'back')
    const whole = await restoreAsPlanned('documents', '--to', target)
    expect(whole.plan).toMatchObject({ kind: 'directory', target, targetState: 'empty', consequences: [] })
    expect(whole.plan.space[0].neededBytes).toBe(whole.plan.sizeBytes)
    rmSync(target, { recursive: true })
    await restoreAsPlanned('documents', '--to', target, '--path', join(site.documents, 'letter.txt'))
    rmSync(target, { recursive: true })
    await restoreAsPlanned('documents', '--to', target, '--match', '*.txt')
    await restoreAsPlanned('documents', '--to', target, '--overwrite')
  })

  test('of files in place, with and without deletions', async () => {
    writeFileSync(join(site.documents, 'new since'), 'new\n')
    const { plan } = await restoreAsPlanned('documents', '--in-place')
    expect(plan.consequences.join('\n')).toContain('nothing is deleted')
    const { plan: deleting } = await restoreAsPlanned('documents', '--in-place', '--delete')
    expect(deleting.consequences.join('\n')).toContain('new since')
  })

  test('of a database into a folder, at a time, at a name and at a point', async () => {
    const { plan } = await restoreAsPlanned('database', '--to', join(site.root, 'at'), '--at', past)
    expect(plan).toMatchObject({ kind: 'directory', stop: 'time', timeline: 1, executor: 'here', targetState: 'empty' })
    await site.cluster.query("SELECT pg_create_restore_point('before')")
    await restoreAsPlanned('database', '--to', join(site.root, 'named'), '--name', 'before')
    await restoreAsPlanned('database', '--to', join(site.root, 'point'), '--point', plan.point.id)
  })

  test('of a temporary cluster, whose folder is named after the time', async () => {
    const { plan, restore } = await restoreAsPlanned('database', '--temporary', '--detach', '--at', past)
    expect(plan.target).toContain(plan.stamp)
    await site.ask('restore', 'database', '--stop', restore.target)
  })

  test('of one database, into a file and into the live server', async () => {
    const part = ['database', '--database', 'campaign', '--at', past]
    const dump = await restoreAsPlanned(...part, '--to', join(site.root, 'campaign.dump'))
    expect(dump.plan.target).toBe(dump.restore.target)
    const loaded = await restoreAsPlanned(...part, '--into', 'again')
    expect(loaded.plan).toMatchObject({ kind: 'live-database', target: 'again' })
  })

  test('of a cluster in place, the copies of its old data and its server included', async () => {
    const { plan } = await restoreAsPlanned('database', '--in-place', '--at', past)
    expect(plan.commands.at(0)).toMatch(/pg_ctl\b.* stop$/)
    expect(plan.commands.at(-1)).toMatch(/pg_ctl\b.* start$/)
    expect(plan.consequences.join('\n')).toContain(`before-restore-${plan.stamp}`)
    expect(await site.cluster.query("SELECT string_agg(id::text, ',') FROM rows")).toBe('1')
    await site.ask('backup')
  })

  test('of a drill, which restores the latest and has the engine verify it', async () => {
    const folder = (component: string) => join(site.root, 'state', site.name, 'drill', component)
    await site.cluster.stop()
    const planned: string[] = []
    for (const component of ['documents', 'database']) {
      const { plan } = await site.ask('restore', component, '--to', folder(component), '--dry-run')
      planned.push(...through(plan.commands))
    }
    writeFileSync(log, '')
    await site.holdfast('drill', 'documents', '--json')
    await site.holdfast('drill', 'database', '--json')
    expect(ran().map((command) => command.replace(' --verify', ''))).toEqual(planned)
    expect(ran()[0]).toContain(' --verify ')
  })
})
