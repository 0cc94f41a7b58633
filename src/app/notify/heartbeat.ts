import { defined } from '../../domain/defined.ts'
import type { Instant } from '../../domain/clock.ts'
import { duration, formatDuration } from '../../domain/duration.ts'
import { channelName, type EvidenceLine, type Notice } from '../../domain/notice.ts'
import { formatSize } from '../../domain/size.ts'
import type { Site } from '../../domain/site.ts'
import { recordsUntil } from '../../state/journal/journal.ts'
import type { JournalRecord } from '../../contract/journal.ts'
import { stalenessOf } from '../../policy/freshness.ts'
import { offsetAt } from '../../policy/local-time.ts'
import type { SiteView } from '../site/context.ts'
import type { DrilledRecord } from '../evidence/recent-history.ts'
import { status } from '../status/status.ts'
import type { ComponentStatus, StatusReport } from '../../contract/status.ts'

/** What was done longer ago than this is no evidence for today. */
const longestLookBack = duration(400, 'd')

/** A restore and a notice prove something for so long. */
const restoreHolds = duration(100, 'd')
const noticeHolds = duration(40, 'd')

/** What shows that all is well, each with its date; and loudly what nothing shows. Told from the journal, so it costs no engine. */
export function heartbeatNotice(view: SiteView): Notice {
  const { site, clock } = view
  const now = clock.now()
  const found = newestOf(view, now)
  const report = status(view, (at) => offsetAt(at, site.timeZone))
  return {
    kind: 'heartbeat',
    site: site.name,
    at: now,
    evidence: [
      ...report.components.flatMap(checkLines),
      ...report.components
        // A drill is evidence of more than a restore by hand.
        .filter(({ component }) => !found.drills.has(component))
        .map(({ component }) => restoreLine(component, found.restores.get(component), now)),
      kitLine(found.kitAt, now),
      ...report.components.map((component) => drillLine(component, found.drills.get(component.component))),
      ...watchLines(report),
      { subject: 'second copy', isGood: false, text: 'NONE: all backups lie in one storage' },
      { subject: 'cost', isGood: false, text: 'UNKNOWN: nothing counts it yet' },
      ...channelsOf(site).map((channel) => channelLine(channel, report.notices.givenUp, found.deliveries.get(channel), now)),
    ],
  }
}

/** Backups, WAL and gaps: the very checks that status shows, with the time at which each was seen. */
function checkLines({ component, checks }: ComponentStatus): EvidenceLine[] {
  // Drills have lines of their own.
  const others = checks.filter(({ kind }) => kind !== 'drill')
  return others.map(({ said, seenAt, error }) => ({
    subject: component,
    isGood: error === undefined,
    text: error?.message ?? said,
    ...defined({ at: seenAt }),
  }))
}

/** How the last drill went, however long ago; loud when there was none, when it failed, or when the next one is overdue. */
function drillLine({ component, checks }: ComponentStatus, last: DrilledRecord | undefined): EvidenceLine {
  const subject = `drill of ${component}`
  if (last === undefined) return { subject, isGood: false, text: 'NEVER: no restore of it has been tested by itself' }
  const { at, result } = last
  const { outcome, recoveryMs, error } = result
  if (outcome === 'failed') return { subject, isGood: false, text: `FAILED: ${error?.message ?? 'no reason was given'}`, at }
  const overdue = checks.find(({ kind }) => kind === 'drill')?.error
  if (overdue !== undefined) return { subject, isGood: false, text: `OVERDUE: ${overdue.message}`, at }
  return { subject, isGood: true, text: `passed, back in ${formatDuration(recoveryMs ?? 0)}`, at }
}

function restoreLine(component: string, at: Instant | undefined, now: Instant): EvidenceLine {
  const subject = `restore of ${component}`
  if (at === undefined) return { subject, isGood: false, text: 'NEVER: nobody has restored it from this machine' }
  return { subject, isGood: now - at < restoreHolds, text: 'worked', at }
}

function kitLine(at: Instant | undefined, now: Instant): EvidenceLine {
  const subject = 'recovery kit'
  if (at === undefined) return { subject, isGood: false, text: 'NONE: a new machine would have to be told everything' }
  return { subject, isGood: stalenessOf(at, now) === undefined, text: 'refreshed', at }
}

/** The last look, and whatever it found that is no component's. */
function watchLines({ watch }: StatusReport): EvidenceLine[] {
  if (watch === undefined)
    return [{ subject: 'watch', isGood: false, text: 'NEVER: what breaks between two runs is seen by nobody' }]
  const isSilent = watch.findings.some(({ kind }) => kind === 'watch')
  return [
    ...(isSilent ? [] : [{ subject: 'watch', isGood: true, text: 'looked', at: watch.at }]),
    ...watch.findings.map(({ kind, component, said, error, seenAt = watch.at }): EvidenceLine => ({
      subject: [kind, ...(component === undefined ? [] : [`of ${component}`])].join(' '),
      isGood: false,
      text: error?.message ?? said,
      at: seenAt,
    })),
  ]
}

function channelLine(
  channel: string,
  givenUp: StatusReport['notices']['givenUp'],
  at: Instant | undefined,
  now: Instant,
): EvidenceLine {
  const subject = `notices by ${channel}`
  const gone = givenUp.find((one) => one.channel === channel)
  if (gone !== undefined) return { subject, isGood: false, text: `GIVEN UP: ${gone.reason}`, ...defined({ at }) }
  if (at === undefined) return { subject, isGood: false, text: 'none arrived before this one' }
  return { subject, isGood: now - at < noticeHolds, text: 'the last arrived', at }
}

const channelsOf = (site: Site): string[] => site.notify.map((settings) => channelName(settings))

interface Newest {
  readonly restores: ReadonlyMap<string, Instant>
  readonly drills: ReadonlyMap<string, DrilledRecord>
  readonly deliveries: ReadonlyMap<string, Instant>
  readonly kitAt: Instant | undefined
}

function newestOf({ journal }: SiteView, now: Instant): Newest {
  const restores = new Map<string, Instant>()
  const drills = new Map<string, DrilledRecord>()
  const deliveries = new Map<string, Instant>()
  let kitAt: Instant | undefined
  const first = <Item>(map: Map<string, Item>, key: string, item: Item) => map.has(key) || map.set(key, item)
  for (const record of recordsUntil(journal, now)) {
    if (record.at < now - longestLookBack) break
    if (record.type === 'restored') first(restores, record.component, record.at)
    if (record.type === 'drilled' && record.result.outcome !== 'interrupted') first(drills, record.result.component, record)
    if (record.type === 'notice' && record.outcome === 'delivered') first(deliveries, record.channel, record.at)
    if (record.type === 'run-ended' && record.result.kit !== undefined) kitAt ??= record.at
  }
  return { restores, drills, deliveries, kitAt }
}

const day = duration(24, 'h')

/** What the last day brought: how the last run of each component went, and what retention removed. */
export function summaryNotice(view: SiteView): Notice {
  const { site, clock, journal } = view
  const now = clock.now()
  const records: JournalRecord[] = []
  for (const record of recordsUntil(journal, now)) {
    if (record.at < now - day) break
    records.push(record)
  }
  return {
    kind: 'summary',
    site: site.name,
    at: now,
    evidence: site.components.map(({ name }): EvidenceLine => {
      const steps = records.flatMap((record) =>
        record.type === 'step-ended' && record.result.component === name ? [record.result] : [],
      )
      const [last] = steps
      if (last === undefined) return { subject: name, isGood: false, text: 'no run in the last day' }
      const removed = records.filter((record) => record.type === 'point-removed' && record.component === name).length
      const words = [
        last.outcome === 'done' ? 'done' : `${last.outcome}: ${last.errors[0]?.message ?? 'no reason was given'}`,
        ...(last.addedBytes === undefined ? [] : [`${formatSize(last.addedBytes)} added`]),
        `in ${formatDuration(last.durationMs)}`,
        ...(removed === 0 ? [] : [`${removed} old ${removed === 1 ? 'point' : 'points'} removed`]),
        ...(steps.length === 1 ? [] : [`${steps.length} runs`]),
      ]
      return { subject: name, isGood: last.outcome === 'done', text: words.join(', '), at: last.beganAt }
    }),
  }
}
