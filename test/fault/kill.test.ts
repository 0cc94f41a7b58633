import { randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { isAlive, processesWith, processOf, until } from '../support/processes.ts'
import { createTestSite, passphrase, type Running, type TestSite } from '../support/test-site.ts'

/** Whatever is killed, and however: nothing is lost, the journal is true, and the next run works and says what it healed. */

describe.each(inject('pairs'))('with $name', (pair) => {
  let site: TestSite

  beforeAll(async () => {
    site = await createTestSite({ pair, database: true, files: { documents: ['documents'], more: ['more'] } })
    site.configure({
      components: {
        database: { postgres: { dataDirectory: site.cluster.dataDirectory } },
        documents: { files: { paths: [site.documents] } },
        more: { files: { paths: [join(site.root, 'more')] } },
      },
    })
    execFileSync('mkdir', [join(site.root, 'more')])
    writeFileSync(join(site.root, 'more/file'), 'more\n')
    await site.cluster.query('CREATE TABLE bulk AS SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, 200000) n')
    grow()
    await site.ask('setup', 'apply', '--yes')
  })
  afterAll(() => site.remove())

  /** Gives restic something to do for a while. */
  function grow(): void {
    writeFileSync(join(site.documents, 'large'), randomBytes(150_000_000))
  }

  /** Engines of this site, the archiving of its own database aside. */
  const engines = () =>
    [...processesWith(pair.restic, site.root), ...processesWith(pair.pgbackrest, site.root)].filter(
      ({ line }) => !line.includes('archive-push') && !line.startsWith('postgres'),
    )

  const engineOf = (component: string, running: Running) =>
    component === 'database'
      ? processOf(running, pair.pgbackrest, site.root, ' backup')
      : processOf(running, pair.restic, ' backup ', site.root)

  test.each(['database', 'documents'])(
    'an engine killed in %s fails that component alone, and the next run makes it good',
    async (component) => {
      grow()
      const running = site.start('backup', '--json')
      process.kill(await engineOf(component, running), 'SIGKILL')
      const answer = await running.ended
      expect(answer.exitCode).toBe(3)
      const outcomes = Object.fromEntries(
        answer.json.run.steps.map((step: { component: string; outcome: string }) => [step.component, step.outcome]),
      )
      expect(outcomes).toEqual({ database: 'done', documents: 'done', more: 'done', [component]: 'failed' })
      const failed = answer.json.run.steps.find((step: { component: string }) => step.component === component)
      expect(failed.errors).toMatchObject([{ code: 'engine-killed', hint: expect.stringContaining('out-of-memory') as string }])
      expect((await site.ask('backup')).run.outcome).toBe('done')
    },
  )

  test.each([
    ['SIGINT', 'documents'],
    ['SIGTERM', 'documents'],
    ['SIGTERM', 'database'],
  ] as const)('%s during %s stops the engine, journals an interrupted run and ends with 130', async (signal, component) => {
    grow()
    const running = site.start('backup', '--json')
    await engineOf(component, running)
    // Twice, as a terminal that is closed does.
    running.kill(signal)
    running.kill(signal)
    const answer = await running.ended
    expect(answer.exitCode).toBe(130)
    expect(engines()).toEqual([])
    expect(answer.json.run.outcome).toBe('interrupted')
    expect(site.journal().at(-1)).toMatchObject({ type: 'run-ended', result: { outcome: 'interrupted' } })
    const next = (await site.ask('backup')).run
    expect(next).toMatchObject({ outcome: 'done', healed: [] })
  })

  test.each(['at once', 'database', 'documents', 'at the end'])(
    'kill -9 (%s) loses nothing; the next run works and says what it healed',
    async (moment) => {
      grow()
      const runsBefore = site.journal().length
      const running = site.start('backup')
      if (moment === 'at once') await until(() => site.journal().length > runsBefore)
      else if (moment === 'at the end')
        await until(
          () =>
            site.journal().filter((record) => record.type === 'step-ended').length > 0 &&
            site.journal().at(-1).type === 'step-ended',
        )
      else await engineOf(moment, running)
      running.kill('SIGKILL')
      await running.ended
      // Nobody who could meet the next run is left behind.
      await until(() => engines().length === 0)
      const { status } = (await site.holdfast('status', '--json')).json
      expect(status.unfinishedSince).toBeDefined()
      const { run } = await site.ask('backup')
      expect(run.outcome).toBe('done')
      expect(run.healed).toEqual([expect.stringMatching(/^the run of .* was killed before its end$/)])
      expect((await site.ask('backup')).run.healed).toEqual([])
    },
  )

  test('all that was made before, between and after the kills is whole', () => {
    const check = ['-r', join(site.storage, 'documents'), '--no-cache', 'check']
    execFileSync(pair.restic, check, { env: { RESTIC_PASSWORD: passphrase, HOME: site.root }, stdio: 'ignore' })
    expect(site.journal().filter((record) => record.type === 'run-ended').length).toBeGreaterThan(8)
  })

  test('two at once: the second is told who works, or waits', async () => {
    grow()
    const first = site.start('backup', '--json')
    await engineOf('documents', first)
    const second = await site.holdfast('backup')
    expect(second.exitCode).toBe(11)
    expect(second.stderr).toContain(`another holdfast works on this site: backup, process ${first.pid}, since`)
    const third = await site.holdfast('backup', 'more', '--wait', '2m')
    expect(third.exitCode).toBe(0)
    expect(third.stdout).toContain(`waiting for backup, process ${first.pid}`)
    expect((await first.ended).exitCode).toBe(0)
    expect(isAlive(first.pid)).toBe(false)
  })
})
