import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMachine, type Machine } from '../support/machine.ts'
import { describeTree, makeOddTree } from '../support/tree.ts'
import type { Answer } from '../support/test-site.ts'

/** The rehearsal: a machine burns down, and a bare one becomes it; then the first one is found again. */

const major = readdirSync('/usr/lib/postgresql').toSorted((one, other) => Number(other) - Number(one))[0] as string
const data = `/var/lib/postgresql/${major}/main`
const passphrase = 'correct horse battery staple 42'
const checksum = "SELECT count(*) || ' ' || md5(string_agg(n::text, ',' ORDER BY n)) FROM notes"
const from = ['--site', 'pi-hosting', '--directory', '/mnt/backup']

let storage: string
let lost: Machine
let bare: Machine
let rows: string

function sql(machine: Machine, text: string): string {
  const answer = machine.run(['psql', '--no-psqlrc', '-tAqc', text, 'postgres'], { user: 'postgres' })
  if (answer.exitCode !== 0) throw new Error(answer.text)
  return answer.stdout.trim()
}

function must(answer: Answer): Answer {
  if (answer.exitCode !== 0) throw new Error(`exit code ${answer.exitCode}: ${answer.text}`)
  return answer
}

const recover = (machine: Machine, words: readonly string[], secret = passphrase) =>
  machine.run(['node', '/opt/holdfast/holdfast.js', 'recover', ...words], { environment: { RESTIC_PASSWORD: secret } })

beforeAll(async () => {
  storage = mkdtempSync(join(tmpdir(), 'holdfast-storage-'))
  chmodSync(storage, 0o755)
  const mounts = { [storage]: '/mnt/backup' }
  lost = createMachine({ hostName: 'old-pi', mounts })
  bare = createMachine({ hostName: 'new-pi', mounts })
  await lost.start()
  await bare.start()
})
afterAll(async () => {
  await lost.remove()
  await bare.remove()
  rmSync(storage, { recursive: true, force: true })
})

test('a machine lives, and leaves what it was in the storage', () => {
  mkdirSync(join(lost.root, 'srv/foundry'))
  makeOddTree(join(lost.root, 'srv/foundry'))
  mkdirSync(join(lost.root, 'etc/app'))
  writeFileSync(join(lost.root, 'etc/app/settings.ini'), 'colour = green\n')
  must(lost.run(['pg_createcluster', major, 'main', '--', '--data-checksums', '--locale=C', '--encoding=UTF8']))
  writeFileSync(join(lost.root, `etc/postgresql/${major}/main/conf.d/own.conf`), "work_mem = '7MB'\n")
  must(lost.run(['pg_ctlcluster', major, 'main', 'start']))
  sql(lost, 'CREATE TABLE notes AS SELECT g AS n FROM generate_series(1, 20000) g')
  const components = ['--postgres', `database=${data}`, '--files', 'foundry=/srv/foundry', '--files', 'configs=/etc/app']
  must(lost.holdfast('init', '--yes', ...from, ...components))
  writeFileSync(join(lost.root, 'etc/holdfast/secrets/restic.key'), `${passphrase}\n`)
  must(lost.holdfast('setup', 'apply', '--yes'))
  must(lost.holdfast('backup'))
  sql(lost, 'INSERT INTO notes SELECT g FROM generate_series(20001, 30000) g')
  sql(lost, 'SELECT pg_switch_wal()')
  rows = sql(lost, checksum)
  expect(must(lost.holdfast('backup', 'foundry')).exitCode).toBe(0)
})

test('what is asked wrongly is said clearly, and changes nothing', () => {
  expect(recover(bare, from, 'not the right passphrase')).toMatchObject({ exitCode: 12 })
  const unknown = recover(bare, ['--site', 'pi-hostin', '--directory', '/mnt/backup'])
  expect([unknown.exitCode, unknown.text]).toEqual([10, expect.stringContaining('there are pi-hosting')])
  expect(recover(bare, ['--site', 'pi-hosting', '--directory', '/mnt/nothing'])).toMatchObject({ exitCode: 10 })
  expect(bare.holdfast('recover', ...from)).toMatchObject({ exitCode: 78 })
  const plan = recover(bare, from)
  expect([plan.exitCode, plan.text]).toEqual([2, expect.stringContaining(`restore PostgreSQL ${major} into ${data}`)])
  expect(readdirSync(join(bare.root, 'etc'))).not.toContain('holdfast')
  expect(readdirSync(join(bare.root, 'var/lib/postgresql'))).toEqual([])
})

test('without a kit that it can read, it says what can be done, and goes by a configuration alone', () => {
  const kit = join(storage, 'pi-hosting/recovery-kit')
  const forget = () => rmSync(join(bare.root, 'var/lib/holdfast'), { recursive: true, force: true })
  forget()
  renameSync(kit, `${kit}-away`)
  const without = recover(bare, from)
  expect([without.exitCode, without.text]).toEqual([10, expect.stringContaining('the site pi-hosting has no recovery kit')])
  expect(without.text).toContain('write its configuration to /etc/holdfast/holdfast.yaml')
  mkdirSync(join(bare.root, 'etc/holdfast'))
  cpSync(join(lost.root, 'etc/holdfast/holdfast.yaml'), join(bare.root, 'etc/holdfast/holdfast.yaml'))
  const alone = must(recover(bare, ['--yes', '--step', 'configs']))
  expect(alone.stdout).toContain('without a recovery kit, from its configuration alone')
  expect(readFileSync(join(bare.root, 'etc/app/settings.ini'), 'utf8')).toBe('colour = green\n')
  renameSync(`${kit}-away`, kit)
  for (const trace of ['etc/holdfast', 'etc/app']) rmSync(join(bare.root, trace), { recursive: true })
  forget()

  // As a Holdfast of years ahead may leave it.
  const manifest = join(lost.root, 'var/lib/holdfast/pi-hosting/kit/kit.json')
  const written = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, written.replace('"format": 1', '"format": 2').replace(/"holdfast": "[^"]*"/, '"holdfast": "9.9"'))
  const restic = (...words: string[]) =>
    must(
      lost.run(['restic', '--repo', '/mnt/backup/pi-hosting/recovery-kit', ...words], {
        environment: { RESTIC_PASSWORD: passphrase },
      }),
    )
  restic('backup', '--host', 'pi-hosting', '/var/lib/holdfast/pi-hosting/kit')
  writeFileSync(manifest, written)
  const newer = recover(bare, from)
  expect([newer.exitCode, newer.text]).toEqual([78, expect.stringContaining('written by a newer Holdfast (format 2, not 1)')])
  expect(newer.text).toContain('install the newer one')
  const [snapshot] = (
    JSON.parse(restic('snapshots', '--json', '--latest', '1').stdout) as { id: string; time: string }[]
  ).toSorted((one, other) => (one.time < other.time ? 1 : -1))
  restic('forget', (snapshot as { id: string }).id)
})

test('a bare machine becomes the one that was lost, also when it is killed on the way', async () => {
  await lost.stop()
  // In the middle of the database: its data directory has begun to fill.
  const script = [
    `node /opt/holdfast/holdfast.js recover ${from.join(' ')} --yes &`,
    `while kill -0 $! && ! [ -e ${data}/base ]; do sleep 0.02; done`,
    'kill -9 $!; wait $!',
  ].join('\n')
  const killed = bare.run(['sh', '-c', script], { environment: { RESTIC_PASSWORD: passphrase } })
  expect([killed.exitCode, killed.text]).toEqual([137, expect.any(String)])
  const { recover: result } = must(bare.holdfast('recover', '--yes', '--json')).json
  expect(result).toMatchObject({ site: 'pi-hosting', whole: true })
  for (const { step, durationMs, evidence } of result.steps) {
    process.stdout.write(`  ${String(step).padEnd(14)} ${(durationMs / 1000).toFixed(1).padStart(6)} s  ${evidence[0]}\n`)
  }
  process.stdout.write(`  everything     ${(result.durationMs / 1000).toFixed(1).padStart(6)} s\n`)

  expect(sql(bare, checksum)).toBe(rows)
  expect(sql(bare, 'SHOW archive_mode')).toBe('off')
  expect(sql(bare, 'SHOW work_mem')).toBe('7MB')
  expect(bare.run(['pg_lsclusters', '--no-header']).stdout).toMatch(/online postgres/)
  for (const folder of ['srv/foundry', 'etc/app'])
    expect(describeTree(join(bare.root, folder))).toEqual(describeTree(join(lost.root, folder)))
  const textOf = (machine: Machine, file: string) => readFileSync(join(machine.root, file), 'utf8')
  expect(textOf(bare, 'etc/holdfast/holdfast.yaml')).toBe(textOf(lost, 'etc/holdfast/holdfast.yaml'))
  expect(textOf(bare, 'etc/holdfast/secrets/restic.key')).toBe(textOf(lost, 'etc/holdfast/secrets/restic.key'))
  expect(statSync(join(bare.root, 'etc/holdfast/secrets/restic.key')).mode & 0o777).toBe(0o600)
  const journal = readdirSync(join(bare.root, 'var/lib/holdfast/pi-hosting/journal')).map((name) =>
    textOf(bare, `var/lib/holdfast/pi-hosting/journal/${name}`),
  )
  expect(journal.join('')).toContain('"run-began"')
  expect(must(bare.holdfast('points', '--json')).json.components).toHaveLength(3)
})

test('it makes no backup before it is told that it is the live machine', () => {
  for (const verb of [['backup'], ['setup', 'apply', '--yes']]) {
    const answer = bare.holdfast(...verb)
    expect([answer.exitCode, answer.text]).toEqual([11, expect.stringContaining('backed up by the machine old-pi')])
  }
  // What was brought back then is not what somebody wants who asks for all of it later.
  const again = bare.holdfast('recover', '--yes')
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('this machine was recovered already')])
  expect(again.stderr).toContain('holdfast recover --take-over')
  // Files that somebody has changed since stay as they are, also when a step is done once more.
  writeFileSync(join(bare.root, 'etc/app/settings.ini'), 'colour = red\n')
  const beside = must(recover(bare, [...from, '--yes', '--step', 'configs'])).stdout
  expect(beside).toContain('/etc/app holds something already, so they lie in /var/lib/holdfast/pi-hosting/recovered/configs')
  expect(readFileSync(join(bare.root, 'etc/app/settings.ini'), 'utf8')).toBe('colour = red\n')
  expect(recover(bare, [...from, '--yes', '--step', 'database'])).toMatchObject({ exitCode: 2 })
  expect(sql(bare, checksum)).toBe(rows)
})

test('told so, it archives and backs up, and the machine that was lost is refused', async () => {
  const taken = must(bare.holdfast('recover', '--take-over', '--yes', '--json'))
  expect(taken.json.run.kit).toMatchObject({ point: expect.any(String) })
  // Nothing was booted there.
  expect(taken.stderr).toContain('no timer was started: systemd does not run this machine')
  expect(taken.stderr).toContain('holdfast schedule plan --cron')
  // Between the disaster and this backup nothing was archived, which is said once.
  expect(taken.json.run.steps.flatMap((step: { errors: { code: string }[] }) => step.errors.map(({ code }) => code))).toEqual([
    'wal-gap',
  ])
  expect(sql(bare, 'SHOW archive_mode')).toBe('on')
  sql(bare, 'INSERT INTO notes VALUES (0)')
  must(bare.holdfast('backup'))
  await lost.start()
  const found = lost.holdfast('backup')
  expect([found.exitCode, found.text]).toEqual([11, expect.stringContaining('backed up by the machine new-pi')])
})

test('a cluster of Debian’s goes back in place as one of Debian’s; without its programs it is refused before anything', () => {
  const kept = sql(bare, checksum)
  const before = sql(bare, 'SELECT to_char(clock_timestamp() AT TIME ZONE $$UTC$$, $$YYYY-MM-DD"T"HH24:MI:SS.US"Z"$$)')
  sql(bare, 'DELETE FROM notes')
  const { restore } = must(bare.holdfast('restore', 'database', '--in-place', '--at', before, '--yes', '--json')).json
  expect(restore).toMatchObject({ target: data, setAside: [expect.stringContaining(`${data}.before-restore`)] })
  expect(sql(bare, checksum)).toBe(kept)
  expect([sql(bare, 'SHOW work_mem'), sql(bare, 'SHOW archive_mode')]).toEqual(['7MB', 'on'])
  expect(bare.run(['pg_lsclusters', '--no-header']).stdout).toMatch(/online postgres/)
  must(bare.run(['pg_ctlcluster', major, 'main', 'restart']))
  expect(sql(bare, checksum)).toBe(kept)

  // As on a machine that has only a newer PostgreSQL than the backup is of.
  must(bare.run(['mount', '-t', 'tmpfs', 'none', `/usr/lib/postgresql/${major}`]))
  const refused = bare.holdfast('restore', 'database', '--to', '/srv/back')
  expect([refused.exitCode, refused.text]).toEqual([
    1,
    expect.stringContaining(`the programs of PostgreSQL ${major} are not installed`),
  ])
  expect(refused.text).toContain(`apt-get install postgresql-${major}`)
  expect(readdirSync(join(bare.root, 'srv'))).not.toContain('back')
})
