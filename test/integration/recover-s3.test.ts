import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync, appendFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { EnginePair } from '../support/engines.ts'
import { createMachine, type Machine } from '../support/machine.ts'
import { keys } from '../support/pseudo-terminal.ts'

/** The same with a bucket and the newer engines: everything that is secret is typed, and all goes back to a time. */

const major = readdirSync('/usr/lib/postgresql').toSorted((one, other) => Number(other) - Number(one))[0] as string
const data = `/var/lib/postgresql/${major}/main`
const s3 = inject('s3')
const pair = inject('pairs').at(-1) as EnginePair
const site = `pi-${randomBytes(4).toString('hex')}`
const passphrase = 'correct horse battery staple 42'
const authority = '/root/own-ca.pem'
const from = [
  ...['--site', site, '--bucket', s3.bucket, '--region', s3.region],
  ...['--endpoint', s3.endpoint, '--ca-file', authority],
]

let lost: Machine
let bare: Machine

function must(machine: Machine, ...words: string[]): string {
  const answer = machine.holdfast(...words)
  if (answer.exitCode !== 0) throw new Error(`exit code ${answer.exitCode}: ${answer.text}`)
  return answer.stdout
}

function sql(machine: Machine, text: string): string {
  const answer = machine.run(['psql', '--no-psqlrc', '-tAqc', text, 'postgres'], { user: 'postgres' })
  if (answer.exitCode !== 0) throw new Error(answer.text)
  return answer.stdout.trim()
}

beforeAll(async () => {
  // Of the older Debian, the engines of the newer one lie where they were unpacked.
  // Both engines of a release lie there, restic itself without the script that the tests put before it.
  const mounts = pair.pgbackrest.startsWith('/usr/') ? {} : { [dirname(pair.pgbackrest)]: '/opt/engines' }
  const machines = ['old-pi', 'new-pi'].map((hostName) => createMachine({ hostName, mounts }))
  ;[lost, bare] = machines as [Machine, Machine]
  for (const machine of machines) {
    await machine.start()
    copyFileSync(s3.caFile, join(machine.root, authority))
    mkdirSync(join(machine.root, 'etc/app'))
  }
})
afterAll(async () => {
  await lost.remove()
  await bare.remove()
})

test('a machine comes back out of a bucket as of a time, with secrets that are typed and never shown', async () => {
  const settings = (machine: Machine) => join(machine.root, 'etc/app/settings.ini')
  writeFileSync(settings(lost), 'colour = green\n')
  expect(lost.run(['pg_createcluster', major, 'main', '--', '--locale=C', '--encoding=UTF8']).exitCode).toBe(0)
  expect(lost.run(['pg_ctlcluster', major, 'main', 'start']).exitCode).toBe(0)
  sql(lost, 'CREATE TABLE notes AS SELECT g AS n FROM generate_series(1, 1000) g')
  must(lost, 'init', '--yes', ...from, '--postgres', `database=${data}`, '--files', 'configs=/etc/app')
  const engines = pair.pgbackrest.startsWith('/usr/') ? '/usr/bin' : '/opt/engines'
  appendFileSync(
    join(lost.root, 'etc/holdfast/holdfast.yaml'),
    `\nengines: { restic: ${engines}/restic, pgbackrest: ${engines}/pgbackrest }\n`,
  )
  writeFileSync(join(lost.root, 'etc/holdfast/secrets/restic.key'), `${passphrase}\n`)
  const aws = `AWS_ACCESS_KEY_ID=${s3.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${s3.secretAccessKey}\n`
  writeFileSync(join(lost.root, 'etc/holdfast/secrets/aws.env'), aws)
  must(lost, 'setup', 'apply', '--yes')
  must(lost, 'backup')
  const { components } = JSON.parse(must(lost, 'points', 'configs', '--json')) as { components: [{ points: [{ id: string }] }] }
  const pinned = must(lost, 'points', 'pin', 'configs', components[0].points[0].id, '--reason', 'the first')
  expect(pinned).toContain('price unknown: not an AWS bucket')
  const configuration = join(lost.root, 'etc/holdfast/holdfast.yaml')
  const priced = readFileSync(configuration, 'utf8').replace(/^( *)bucket: .*$/m, '$&\n$1prices: { storage: 1e9, download: 1e9 }')
  writeFileSync(configuration, `${priced}\nbudget: { monthly: 5, currency: AUD, rate: 0.65, tax: 10 }\n`)
  expect(must(lost, 'points', 'configs')).toMatch(/★ the first \(keeps .*, about AUD \d+\.\d\d a month\)/)
  expect(must(lost, 'restore', 'configs', '--to', '/srv/priced')).toMatch(/its download costs at most AUD \d+\.\d\d/)
  const before = sql(lost, 'SELECT to_char(clock_timestamp() AT TIME ZONE $$UTC$$, $$YYYY-MM-DD"T"HH24:MI:SS.US"Z"$$)')
  sql(lost, 'INSERT INTO notes VALUES (0)')
  writeFileSync(settings(lost), 'colour = red\n')
  must(lost, 'backup')
  await lost.stop()

  writeFileSync(settings(bare), 'colour = none\n')
  const terminal = bare.onTerminal('recover', ...from, '--at', before, '--overwrite', 'configs')
  for (const [question, secret] of [
    ['passphrase of the repositories (not shown):', passphrase],
    ['access key id of the bucket (not shown):', s3.accessKeyId],
    ['secret access key of the bucket (not shown):', s3.secretAccessKey],
  ] as const) {
    await terminal.answer(question, secret, keys.enter)
  }
  const questions = [
    ...['write /etc/holdfast/holdfast.yaml?', 'write the secrets', 'bring the journal back', 'look at engines'],
    ...['restore the files /etc/app?', `restore PostgreSQL ${major} into ${data}, and start it?`],
  ]
  for (const question of questions) {
    expect(await terminal.shows('[Y/n]')).toContain(question)
    terminal.press(keys.enter)
  }
  const { exitCode, shown } = await terminal.ended
  expect([exitCode, shown]).toEqual([0, expect.stringContaining('everything is back')])
  for (const secret of [passphrase, s3.accessKeyId, s3.secretAccessKey]) expect(shown).not.toContain(secret)
  expect(shown).toContain(`restic ${pair.versions.restic} · pgBackRest ${pair.versions.pgbackrest}`)

  expect(sql(bare, 'SELECT count(*), min(n) FROM notes')).toBe('1000|1')
  expect(readFileSync(settings(bare), 'utf8')).toBe('colour = green\n')
  expect(readFileSync(join(bare.root, 'etc/holdfast/secrets/aws.env'), 'utf8')).toContain(s3.secretAccessKey)
})
