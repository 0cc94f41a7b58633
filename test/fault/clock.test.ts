import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { TimedSite } from '../simulation/timed-site.ts'
import type { EnginePair } from '../support/engines.ts'
import type { Answer } from '../support/test-site.ts'

/** A clock that was once ahead leaves base backups of the future, and pgBackRest makes none that is earlier. */

const pairs = inject('pairs')
const year = 366 * 86_400

async function siteOf(pair: EnginePair, settings = ''): Promise<TimedSite> {
  const policy = { daily: 30, monthly: 12 } as const
  const site = await TimedSite.create({ startsAt: Date.now(), timeZone: 'Australia/Perth', policy, pair })
  onTestFinished(() => site.remove())
  mkdirSync(site.documents)
  writeFileSync(join(site.documents, 'letter.txt'), 'dear all\n')
  edit(site, '    postgres:\n', `    postgres:\n${settings}`)
  await site.cluster.query('CREATE TABLE rows (id int)')
  await site.ask('setup', 'apply', '--yes')
  return site
}

function edit(site: TimedSite, from: string, to: string): void {
  const file = join(site.root, 'site/holdfast.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

/** A row, and a run after it, which may go wrong. */
async function rowAndBackup(site: TimedSite, id: number, ...words: string[]): Promise<Answer['json']> {
  await site.cluster.query(`INSERT INTO rows VALUES (${id})`)
  return (await site.holdfast('backup', ...words, '--json')).json.run
}

const databaseOf = async (site: TimedSite) => (await site.ask('points')).components[0]

const labelsOf = (points: readonly { id: string }[]) => points.map(({ id }) => id)

async function restoredRows(site: TimedSite): Promise<string> {
  const target = join(site.root, 'postgres/restored')
  await site.ask('restore', 'database', '--to', target)
  return site.cluster.askCopy(target, `${target}-socket`, "SELECT string_agg(id::text, ',' ORDER BY id) FROM rows")
}

/** pgBackRest itself, as the owner of the cluster. */
function byHand(site: TimedSite, ...words: string[]): void {
  const { uid, gid } = statSync(site.cluster.dataDirectory)
  const settings = [`--config=${join(site.root, 'site/pgbackrest/database.conf')}`, '--stanza=database']
  execFileSync(join(site.root, 'engines/pgbackrest'), [...settings, ...words], { uid, gid, cwd: '/' })
}

describe.each(pairs)('after a clock that was a year ahead, with $name', (pair) => {
  test('the next backup clears what it left, and any row can be restored', async () => {
    const site = await siteOf(pair)
    expect((await rowAndBackup(site, 1)).outcome).toBe('done')
    site.clock.goAhead(year)
    expect((await rowAndBackup(site, 2)).steps[0]).toMatchObject({ outcome: 'done', point: { kind: 'full' } })
    expect((await rowAndBackup(site, 3, 'database')).steps[0]).toMatchObject({ outcome: 'done', point: { kind: 'differential' } })
    const ahead = (await databaseOf(site)).points.slice(1)
    expect(ahead).toHaveLength(2)

    site.clock.goAhead(0)
    await site.cluster.query('INSERT INTO rows VALUES (4)')
    const between = new Date(Date.now() + 1000).toISOString()
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const run = await rowAndBackup(site, 5)
    expect(run).toMatchObject({ outcome: 'done', healed: [] })
    expect(run.steps[0].healed.join('\n')).toMatch(
      /removed base backup \S+D: dated \d{4}-.*\nremoved base backup \S+F: dated \d{4}-/,
    )
    const removed = site.journal().filter(({ type }) => type === 'point-removed')
    expect(removed.map(({ point }) => point)).toEqual(labelsOf(ahead).toReversed())
    const { points, windows } = await databaseOf(site)
    expect(points).toHaveLength(2)
    expect(windows).toHaveLength(1)
    expect(windows[0].points).toEqual(labelsOf(points))
    expect(Date.parse(windows[0].to)).toBeLessThan(Date.now() + 60_000)
    expect(await restoredRows(site)).toBe('1,2,3,4,5')
    // From the base backup before, recovery comes by what was dated ahead, and must not be called done there.
    const stopped = await site.holdfast('restore', 'database', '--at', between, '--to', join(site.root, 'postgres/between'))
    expect(stopped.exitCode).toBe(1)
    expect(stopped.text).toContain('recovery stopped at a transaction that a wrong clock dated')
    expect(stopped.text).toContain('restore the latest, without --at')
    // Files too: restic takes any time, and a snapshot of the future is not the newest.
    const status = await site.holdfast('status', '--json')
    expect(status.json.status.components).toMatchObject([{ healthy: true }, { healthy: true }])
  })
})

test('what was removed before a kill is forgotten by the next run; a pinned one stays, and another repository goes on', async () => {
  const site = await siteOf(pairs.at(-1) as EnginePair, '      full: always\n')
  await rowAndBackup(site, 1, 'database')
  site.clock.goAhead(year)
  const { id } = (await rowAndBackup(site, 2, 'database')).steps[0].point
  site.clock.goAhead(0)
  byHand(site, 'expire', `--set=${id}`)
  const next = (await rowAndBackup(site, 3, 'database')).steps[0]
  expect(next).toMatchObject({
    outcome: 'done',
    healed: [`forgot base backup ${id}, which was gone: its name stood in the way of every new one`],
  })

  site.clock.goAhead(year)
  const pinned = (await rowAndBackup(site, 4, 'database', '--pin', 'before 16')).steps[0].point.id
  site.clock.goAhead(0)
  const [failed] = (await rowAndBackup(site, 5, 'database')).steps
  expect(failed).toMatchObject({ outcome: 'failed', healed: [], errors: [{ code: 'clock-behind' }] })
  expect(failed.errors[0].message).toMatch(/^backup \S+F is dated \d{4}-.*, and stays: \S+F is pinned$/)
  expect(failed.errors[0].hint).toContain('another repository: for the component')
  expect(labelsOf((await databaseOf(site)).points)).toContain(pinned)

  edit(site, '  database:\n', '  database:\n    repository: database-2\n')
  await site.ask('setup', 'apply', '--yes')
  expect((await rowAndBackup(site, 6, 'database')).outcome).toBe('done')
  expect(await restoredRows(site)).toBe('1,2,3,4,5,6')
})
