import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { brokenPromises, mostPoints, promisedPeriods, unclaimed } from './promises.ts'
import { bytesIn, segmentsIn } from './repositories.ts'
import type { Life } from './life.ts'

/** What a look at the repositories in the evening found; all of it absent on a day without one. */
export interface DayChecks {
  readonly removed: number
  readonly documents?: number
  readonly database?: number
  readonly windows?: readonly { readonly from: string; readonly to: string }[]
  readonly bytes?: number
  readonly segments?: number
}

const dayMs = 86_400_000

/** Every promise that holds on every day. Throws with all that are broken. */
export async function checkDay(
  life: Life,
  before: { readonly existing: ReturnType<Life['existing']>; readonly journalLength: number },
): Promise<DayChecks> {
  const { site, taken, scenario, eras } = life
  const { policy } = scenario
  const existing = life.existing()
  const answer = await site.ask('points')
  const broken: string[] = []
  for (const component of ['documents', 'database'] as const) {
    const points = taken.filter((point) => point.component === component)
    const there = new Set(existing[component])
    broken.push(...brokenPromises(points, there, policy).map((words) => `${component}: ${words}`))
    const most = mostPoints(points, policy)
    if (there.size > most) broken.push(`${component}: ${there.size} points, more than the ${most} that the policy needs`)
    const listed = listedPoints(answer, component)
    const hidden = [...there].filter((id) => !listed.includes(id))
    const invented = listed.filter((id) => !there.has(id))
    if (hidden.length + invented.length > 0)
      broken.push(`${component}: points lists ${invented.join(' ')}, but not ${hidden.join(' ')}`)
  }
  if (life.provedBackup !== undefined && !existing.database.includes(life.provedBackup)) {
    broken.push(`database: ${life.provedBackup} is gone, the last that was seen to be restorable`)
  }
  const windows = componentOf(answer, 'database').windows as { from: string; to: string; timeline: number }[]
  broken.push(...unclaimed(eras, site.clock.now() - policy.daily * dayMs, windows).map((words) => `database: ${words}`))
  const segments = segmentsIn(join(site.storage, 'database'))
  broken.push(...needlessWal(life, segments))
  const gone = [...before.existing.documents, ...before.existing.database].filter(
    (id) => !existing.documents.includes(id) && !existing.database.includes(id),
  )
  const records = site
    .journal()
    .slice(before.journalLength)
    .map((record) => JSON.stringify(record))
  for (const id of gone) {
    const isExplained = records.some((record) => record.includes(id) && record.includes('"reason":"'))
    if (!isExplained) broken.push(`${id} was removed, and the journal does not say why`)
  }
  if (broken.length > 0) throw new Error(broken.join('\n'))
  return {
    removed: gone.length,
    documents: existing.documents.length,
    database: existing.database.length,
    windows,
    bytes: bytesIn(site.storage),
    segments: segments.length,
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- a document of the command line
function componentOf(answer: any, name: string): any {
  return answer.components.find((component: { component: string }) => component.component === name)
}

function listedPoints(answer: unknown, name: string): string[] {
  return (componentOf(answer, name).points as { id: string }[]).map((point) => point.id)
}

/**
 * WAL from before the window is there only where a base backup needs it. The window begins with the newest backup from before
 * the oldest promised day; two days are let pass, because a site's day is no 24 hours.
 */
function needlessWal({ site, scenario, taken }: Life, segments: readonly string[]): string[] {
  const backups = baseBackups(site.root)
  const [oldestDay = ''] = promisedPeriods(
    taken.filter(({ component }) => component === 'database'),
    scenario.policy,
  ).days
  const begin = Math.min(site.clock.now() - scenario.policy.daily * dayMs, Date.parse(oldestDay)) - 2 * dayMs
  const anchor = backups.findLast((backup) => backup.stoppedAt <= begin)
  if (anchor === undefined) return []
  const needless = segments.filter(
    (segment) =>
      segment.slice(8) < anchor.start.slice(8) && !backups.some((backup) => backup.start <= segment && segment <= backup.stop),
  )
  if (needless.length === 0) return []
  return [`database: WAL ${needless[0]} to ${needless.at(-1)} is of no use: the window begins with ${anchor.start}`]
}

interface BaseBackup {
  readonly start: string
  readonly stop: string
  readonly stoppedAt: number
}

/** Asked of pgBackRest itself. */
function baseBackups(root: string): BaseBackup[] {
  const words = [`--config=${join(root, 'site/pgbackrest/database.conf')}`, '--stanza=database', '--output=json', 'info']
  const answer = execFileSync(join(root, 'engines/pgbackrest'), words, { encoding: 'utf8' })
  const [stanza] = JSON.parse(answer) as [{ backup: { archive: { start: string; stop: string }; timestamp: { stop: number } }[] }]
  return stanza.backup.map(({ archive, timestamp }) => ({ ...archive, stoppedAt: timestamp.stop * 1000 }))
}
