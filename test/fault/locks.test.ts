import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { killWhenFinished, processOf, until } from '../support/processes.ts'
import { createTestSite, passphrase, type TestSite } from '../support/test-site.ts'

/** Locks of the engines: a stale one heals by itself, a live one is waited for and then named. */

const pairs = inject('pairs')

/** An exclusive lock of restic's, held by a process that does nothing more. */
async function holdResticLock(site: TestSite, restic: string): Promise<{ pid: number; kill: () => Promise<void> }> {
  const locks = join(site.storage, 'documents/locks')
  const child = spawn(restic, ['-r', join(site.storage, 'documents'), '--no-cache', 'check', '--read-data'], {
    env: { RESTIC_PASSWORD: passphrase, HOME: site.root },
    stdio: 'ignore',
  })
  const pid = child.pid as number
  killWhenFinished(pid)
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await until(() => namesIn(locks).length > 0)
  child.kill('SIGSTOP')
  return {
    pid,
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

test.each(pairs)('a stale lock of $name is removed, and said, and the backup goes on', async (pair) => {
  const site = await createTestSite({ pair })
  onTestFinished(() => site.remove())
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const holder = await holdResticLock(site, pair.restic)
  await holder.kill()
  expect(namesIn(join(site.storage, 'documents/locks'))).toHaveLength(1)
  const { run } = await site.ask('backup')
  expect(run.steps[0]).toMatchObject({ outcome: 'done', healed: ['removed 1 stale lock of restic'] })
  expect(namesIn(join(site.storage, 'documents/locks'))).toEqual([])
})

test.each(pairs)('a live lock of $name is waited for, then reported with who holds it', async (pair) => {
  const site = await createTestSite({ pair })
  onTestFinished(() => site.remove())
  await site.ask('setup', 'apply', '--yes')
  await site.ask('backup')
  const holder = await holdResticLock(site, pair.restic)
  // Long enough for a second attempt also on a machine on which one takes seconds.
  site.configure({ patience: '15s' })
  const answer = await site.holdfast('backup', '--json')
  expect(answer.exitCode).toBe(11)
  const [step] = answer.json.run.steps
  expect(step.attempts).toBeGreaterThan(1)
  expect(step.errors[0].code).toBe('locked')
  expect(step.errors[0].message).toContain(`PID ${holder.pid}`)
  expect(namesIn(join(site.storage, 'documents/locks'))).toHaveLength(1)

  // Gone while the next run waits: that run succeeds.
  site.configure({ patience: '1m' })
  const waiting = site.start('backup', '--json')
  await processOf(waiting, pair.restic, ' backup ', site.root)
  await holder.kill()
  expect((await waiting.ended).exitCode).toBe(0)
})

test.each(pairs)('another pgBackRest at work ($name) is waited for, then reported', async (pair) => {
  const site = await createTestSite({ pair, database: true, files: {} })
  onTestFinished(() => site.remove())
  await site.ask('setup', 'apply', '--yes')
  await site.cluster.query('CREATE TABLE bulk AS SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 100000) n')
  const { uid, gid } = statSync(site.cluster.dataDirectory)
  const configuration = `--config=${join(site.root, 'site/pgbackrest/database.conf')}`
  const child = spawn(pair.pgbackrest, [configuration, '--stanza=database', 'backup'], {
    uid,
    gid,
    cwd: '/',
    stdio: 'ignore',
    env: {},
  })
  killWhenFinished(child.pid as number)
  const lockFolder = join(site.root, 'state', site.name, 'pgbackrest/database/lock')
  // Its holder is written into a lock once it is held.
  await until(() => namesIn(lockFolder).some((name) => readFileSync(join(lockFolder, name)).length > 0))
  child.kill('SIGSTOP')
  const answer = await site.holdfast('backup', '--json')
  expect(answer.exitCode).toBe(11)
  expect(answer.json.run.steps[0]).toMatchObject({
    errors: [{ code: 'locked', message: 'another pgBackRest works on this database' }],
  })
  child.kill('SIGCONT')
  await new Promise((resolve) => child.once('exit', resolve))
  expect((await site.ask('backup')).run.outcome).toBe('done')
})

function namesIn(folder: string): string[] {
  // A file that is still being written has another name.
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^[0-9a-f]{64}$|\.lock$/.test(name)) : []
}
