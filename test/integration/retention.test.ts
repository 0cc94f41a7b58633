import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { until } from '../support/processes.ts'
import { createTestSite, type Answer, type TestSite } from '../support/test-site.ts'

const dayMs = 86_400_000
const atNoon = (daysAgo: number): string => `${new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10)} 12:00:00`

/** How each engine removes is in the contract; here one pair is enough. */
describe.each(inject('pairs').slice(-1))('retention with $name', (pair) => {
  let site: TestSite
  const policy = (retention: object | 'forever') => site.configure({ timezone: 'UTC', retention })

  /** The very command of a backup, with a time of its own. */
  async function snapshotAt(time: string): Promise<void> {
    const { steps } = await site.ask('backup', 'documents', '--dry-run')
    const [command] = steps[0].commands as string[]
    execFileSync('sh', ['-c', (command as string).replace(' -- ', ` --time '${time}' -- `)], {
      env: site.environment,
      stdio: 'pipe',
    })
  }
  const restic = (...words: string[]): string =>
    execFileSync(
      pair.restic,
      [
        '--repo',
        join(site.storage, 'documents'),
        '--password-file',
        join(site.root, 'site/secrets/restic.key'),
        '--no-cache',
        ...words,
      ],
      { encoding: 'utf8' },
    )
  const pointsOf = async (component: string): Promise<Answer['json'][]> =>
    (await site.ask('points', component)).components[0].points
  const planOf = async (component: string) => (await site.ask('retention', 'plan', component)).components[0]
  const daysLeft = async () =>
    (await pointsOf('documents')).map(({ endedAt }: { endedAt: string }) =>
      Math.round((Date.now() - Date.parse(endedAt)) / dayMs),
    )
  const canBeRestored = async (component: string) => {
    for (const { id } of await pointsOf(component)) {
      const target = join(site.root, 'restored', id)
      expect((await site.holdfast('restore', component, '--point', id, '--to', target)).text).toContain('✓')
    }
  }

  beforeAll(async () => {
    site = await createTestSite({ pair, database: true })
    policy({ daily: 3, monthly: 'forever' })
    await site.ask('setup', 'apply', '--yes')
  })
  afterAll(() => site.remove())

  test('what apply removes is what plan showed, each with its reason in the journal, and a second one removes nothing', async () => {
    for (const daysAgo of [70, 69, 5, 4, 3, 2, 1]) {
      writeFileSync(join(site.documents, 'diary.txt'), `${daysAgo} days ago\n`.repeat(1000))
      await snapshotAt(atNoon(daysAgo))
    }
    const plan = await planOf('documents')
    expect(plan.refusals).toEqual([])
    const shown = await site.holdfast('retention', 'plan', 'documents')
    for (const { reason, id } of plan.remove) {
      expect(shown.stdout).toContain(reason)
      expect(shown.stdout).toContain(id.slice(0, 8))
    }
    const ahead = (await site.ask('retention', 'plan', 'documents', '--until', `${new Date().getFullYear() + 3}-01-01`))
      .components[0]
    expect(ahead.forecast.keep.length).toBeGreaterThan(3 + 24)
    expect(ahead.forecast.steps.at(-1).points).toBe(ahead.forecast.keep.length)
    expect((await site.holdfast('retention', 'plan', '--until', '2020-01-01')).exitCode).toBe(2)
    const unasked = await site.holdfast('retention', 'apply', 'documents')
    expect(unasked.exitCode).toBe(2)
    expect(unasked.text).toContain('nothing was removed')

    const { components } = await site.ask('retention', 'apply', 'documents', '--yes')
    const removed = plan.remove.map(({ id, reason }: { id: string; reason: string }) => ({ point: id, reason }))
    expect(removed.length).toBeGreaterThan(1)
    expect(components).toMatchObject([{ component: 'documents', outcome: 'done', removed, kept: plan.keep.length }])
    expect(site.journal().filter(({ type }) => type === 'point-removed')).toMatchObject(removed)
    const idsOf = (some: readonly { id: string }[]) => new Set(some.map(({ id }) => id))
    expect(idsOf(await pointsOf('documents'))).toEqual(idsOf(plan.keep))
    expect((await planOf('documents')).remove).toEqual([])
    restic('check', '--read-data')
    await canBeRestored('documents')
  })

  test('a kill in the middle leaves everything that remains restorable, and the next apply goes on', async () => {
    for (const daysAgo of [20, 19, 18]) await snapshotAt(atNoon(daysAgo))
    const before = await daysLeft()
    const running = site.start('retention', 'apply', 'documents', '--yes')
    await until(() => site.journal().filter(({ type }) => type === 'retention-began').length === 2)
    running.kill('SIGKILL')
    await running.ended
    expect(site.journal().filter(({ type }) => type === 'retention-ended')).toHaveLength(1)
    const left = await daysLeft()
    expect(before).toEqual(expect.arrayContaining(left))
    expect(left).toEqual(expect.arrayContaining([1, 2, 3]))
    await site.ask('retention', 'apply', 'documents', '--yes')
    expect((await planOf('documents')).remove).toEqual([])
    expect(await daysLeft()).not.toEqual(expect.arrayContaining([19]))
    restic('check', '--read-data')
  })

  test('a clock that is not believed, and an unusual number, are refused until a person says otherwise', async () => {
    await snapshotAt(atNoon(-3))
    for (const daysAgo of [40, 41, 42, 43, 44, 45, 46, 47, 48]) await snapshotAt(atNoon(daysAgo))
    const count = (await pointsOf('documents')).length
    policy({ last: 2 })
    const doubtful = await site.holdfast('retention', 'apply', 'documents', '--yes', '--allow-large')
    expect(doubtful.exitCode).toBe(3)
    expect(doubtful.text).toContain('--clock-is-right')
    const large = await site.holdfast('retention', 'apply', 'documents', '--yes', '--clock-is-right')
    expect(large.exitCode).toBe(3)
    expect(large.text).toContain('--allow-large')
    expect(await pointsOf('documents')).toHaveLength(count)
    // The clock was looked at once, and is not asked about again.
    await site.ask('retention', 'apply', 'documents', '--yes', '--allow-large')
    expect(await daysLeft()).toEqual([2, 1, -3])
  })

  test('the base backups of a database go, and its WAL of before the window; what stays can be restored', async () => {
    policy({ last: 2 })
    for (const kind of ['full', 'differential', 'differential', 'differential']) {
      await site.cluster.query(`CREATE TABLE IF NOT EXISTS steps (kind text); INSERT INTO steps VALUES ('${kind}')`)
      const { run } = await site.ask('backup', 'database', '--no-retention')
      expect(run.steps[0].point.kind).toBe(kind)
    }
    const [full, first, second, third] = (await pointsOf('database')).map(({ id }) => id)
    const plan = await planOf('database')
    expect(plan.remove.map(({ id }: { id: string }) => id)).toEqual([first])
    expect(plan.keep.find(({ id }: { id: string }) => id === full).reasons).toMatchObject([{ cause: 'needed' }])
    expect(plan.windowFrom).toBe(second)
    const walBefore = walOf(site)
    await site.ask('retention', 'apply', 'database', '--yes')
    expect((await pointsOf('database')).map(({ id }) => id)).toEqual([full, second, third])
    expect(walOf(site).length).toBeLessThan(walBefore.length)
    const { components } = await site.ask('points', 'database')
    expect(components[0].windows.at(-1).points).toEqual([second, third])
    expect((await site.holdfast('restore', 'database', '--to', join(site.root, 'restored/latest'))).exitCode).toBe(0)

    policy({ last: 1 })
    const running = site.start('retention', 'apply', 'database', '--yes')
    const isBegun = ({ type, component }: Answer['json']) => type === 'retention-began' && component === 'database'
    await until(() => site.journal().filter(isBegun).length === 2)
    running.kill('SIGKILL')
    await running.ended
    await canBeRestored('database')
    await site.ask('retention', 'apply', 'database', '--yes')
    expect((await pointsOf('database')).map(({ id }) => id)).toEqual([full, third])
  })

  test('the first backup of a later day removes what its policy says, and the next of that day does not look', async () => {
    await site.ask('backup', 'documents', '--no-retention')
    const folder = join(site.root, 'state', site.name, 'journal')
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8')
      writeFileSync(
        join(folder, name),
        text.replaceAll(/"at":"([^"]+)"/g, (_, at: string) => `"at":"${new Date(Date.parse(at) - dayMs).toISOString()}"`),
      )
    }
    appendFileSync(join(site.documents, 'diary.txt'), 'today\n')
    const first = (await site.ask('backup')).run
    expect(first).toMatchObject({ outcome: 'done' })
    expect(first.retention).toMatchObject([
      { component: 'database', outcome: 'done' },
      { component: 'documents', outcome: 'done' },
    ])
    // One that a database was restored from, and started, is the last that was seen to be restorable.
    expect(first.retention[0].removed).toEqual([])
    const causes = (await planOf('database')).keep.flatMap(({ reasons }: Answer['json']) =>
      reasons.map(({ cause }: Answer['json']) => cause),
    )
    expect(causes.filter((cause: string) => cause === 'drilled')).toEqual(['drilled'])
    expect(await daysLeft()).toEqual([0, -3])
    expect((await site.ask('backup', 'documents')).run.retention).toBeUndefined()
  })
})

/** Segments in the archive of the site's database. */
function walOf(site: TestSite): string[] {
  return readdirSync(join(site.storage, 'database/archive'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /[0-9A-F]{24}-/.test(file),
  )
}
