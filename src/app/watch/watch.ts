import { defined } from '../../domain/defined.ts'
import type { WatchReport } from '../../contract/status.ts'
import type { Instant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import { errorRecord, type ErrorRecord } from '../../domain/errors.ts'
import { subjectOf, type Check } from '../../domain/evidence.ts'
import { isDatabase, type Component, type PostgresComponent } from '../../domain/site.ts'
import { livingHolder } from '../../places/lock-holder.ts'
import { healthOf } from '../../policy/health.ts'
import { evidenceOf } from '../evidence/component-evidence.ts'
import { lockFileOf } from '../site/context.ts'
import { noticeFault, readNoticeState } from '../../state/notice-state.ts'
import { newestTrace, readRecent, type RecentHistory } from '../evidence/recent-history.ts'
import { lookAtArchiving, reasonToAsk, segmentOf, type ArchivingLook } from './watch-database.ts'
import type { WatchContext } from './context.ts'
import { heartbeatChecks, readHeartbeat } from './watch-heartbeat.ts'
import { readDrills } from './watch-drills.ts'
import { clockCheck, diskChecks, lockChecks, readClock, runCheck } from './watch-machine.ts'
import { readWatch, writeWatch, type DatabaseMemory, type WatchMemory } from '../../state/watch-memory.ts'
import { isWrong, noticesCheck, tellOfWatch } from './watch-notices.ts'

/** One that fails is begun again, but not all the time. */
const curedEvery = duration(1, 'h')

/**
 * One look at everything that can go wrong between two runs. What is not well is told, its end too; WAL that is lost is
 * followed by a new base backup at once. Throws only when it is interrupted.
 */
export async function watch(context: WatchContext): Promise<WatchReport> {
  const { site, clock } = context
  const now = clock.now()
  const before = readWatch(context)
  const databases = site.components.filter(isDatabase)
  const seen = await Promise.all(
    databases.map(
      async ({ name, ...rest }) =>
        [name, await lookAtArchiving(context, { name, ...rest }, now, before?.databases[name])] as const,
    ),
  )
  const machine = await lookAtMachine(context, before, now)
  const memories = new Map<string, DatabaseMemory>(
    seen.map(([name, { archiving }]) => [name, remembered(before?.databases[name], archiving)]),
  )
  const looks = new Map(seen)
  const asked: { component: string; reason: string }[] = []
  for (const component of databases) {
    const memory = memories.get(component.name)
    const reason =
      memory && (await reasonToAskNow(context, component, memory, { log: looks.get(component.name)?.log, readAt: before?.at }))
    if (memory === undefined || reason === undefined) continue
    asked.push({ component: component.name, reason })
    memories.set(component.name, await askArchive(context, component, memory, reason))
  }
  const own = site.components.flatMap((component) =>
    componentChecks(context, component, { ...machine, drills: machine.drills ?? before?.drills }, memories, now),
  )
  const notices = noticesCheck(site, readNoticeState(context), now, noticeFault(context))
  const checks = [...own, ...machine.checks, ...notices].map((check) => lasting(check, before, now))
  const memory: WatchMemory = {
    at: now,
    clock: machine.clock,
    heartbeat: machine.heartbeat ?? before?.heartbeat,
    drills: machine.drills ?? before?.drills,
    checks,
    databases: Object.fromEntries(memories),
  }
  checks.push(...writing(context, memory))
  const deliveries = await tellOfWatch(context, checks, now)
  const cured = await cure(context, databases, { ...memory, checks })
  return { site: site.name, at: now, checks, asked, cured, deliveries }
}

/** What happens from the first watch on is compared with what that one saw. */
function remembered(before: DatabaseMemory | undefined, archiving: DatabaseMemory['archiving']): DatabaseMemory {
  const failedCountThen = before?.failedCountThen ?? ('error' in archiving ? undefined : archiving.failedCount)
  return { ...before, archiving, ...defined({ failedCountThen }) }
}

interface MachineLook {
  readonly history: RecentHistory | undefined
  readonly clock: WatchMemory['clock']
  readonly heartbeat?: WatchMemory['heartbeat']
  readonly drills?: WatchMemory['drills']
  readonly checks: readonly Check[]
}

async function lookAtMachine(context: WatchContext, before: WatchMemory | undefined, now: Instant): Promise<MachineLook> {
  const { site, machine, journal, stateDirectory, cacheDirectory } = context
  const clock = readClock(machine.boot(), now, before?.clock)
  const folders = { state: stateDirectory, cache: cacheDirectory }
  const names = site.components.map(({ name }) => name)
  let history: RecentHistory | undefined
  const read = (): RecentHistory => {
    const isKnown = ({ steps }: { steps: readonly { outcome: string }[] }) => steps.some(({ outcome }) => outcome === 'done')
    history = readRecent(journal, names, now, (components) => [...components.values()].every(isKnown))
    return history
  }
  const rest = async () => {
    const hasPoints = [...(history?.components.values() ?? [])].some(({ steps }) =>
      steps.some(({ point }) => point !== undefined),
    )
    return [
      ...(await lockChecks(machine, site, stateDirectory, now)),
      ...(await diskChecks(machine, site, { ...folders, hasPoints }, now)),
    ]
  }
  try {
    const run = runCheck(lockFileOf(context), site.components, read, now)
    const heartbeat = readHeartbeat(journal, now, before)
    const drills = readDrills(journal, names, now, before)
    const own = [run, clockCheck(clock, newestTrace(journal, now)), ...heartbeatChecks(site, heartbeat, now)]
    return { history, clock, heartbeat, drills, checks: [...own, ...(await rest())] }
  } catch (thrown) {
    const check: Check = { kind: 'journal', component: undefined, said: 'the journal cannot be read', seenAt: now }
    return {
      history,
      clock,
      checks: [
        { ...check, error: unreadable(thrown, 'the journal cannot be read') },
        clockCheck(clock, undefined),
        ...(await rest()),
      ],
    }
  }
}

function unreadable(thrown: unknown, what: string): ErrorRecord {
  const { message, hint } = errorRecord(thrown)
  return {
    code: 'journal-unreadable',
    message: `${what}: ${message}`,
    hint: hint ?? 'see to owner and mode of the state folder, and to its file system',
  }
}

function componentChecks(
  context: WatchContext,
  component: Component,
  { history, drills }: Pick<MachineLook, 'history' | 'drills'>,
  memories: ReadonlyMap<string, DatabaseMemory>,
  now: Instant,
): Check[] {
  const sources = {
    history: history?.components.get(component.name),
    sighting: context.pointCache.read(component.name),
    watched: memories.get(component.name),
    drill: { ...noDrills, ...drills?.[component.name], failed: undefined },
  }
  const evidence = evidenceOf(component, sources, now)
  const { objectives, schedule } = context.site
  const all = healthOf(evidence, { ...objectives, drill: schedule.drill }, now)
  // How a run went, it has told itself; so has a drill that failed.
  return all.filter(({ kind }) => kind !== 'last-run')
}

const noDrills = { backedUpSince: undefined, passedAt: undefined, recoveryMs: undefined }

async function reasonToAskNow(
  context: WatchContext,
  component: PostgresComponent,
  memory: DatabaseMemory,
  { log, readAt }: { readonly log: ArchivingLook['log']; readonly readAt: Instant | undefined },
): Promise<string | undefined> {
  // A run looks for itself.
  if (livingHolder(lockFileOf(context)) !== undefined) return undefined
  const sighting = context.pointCache.read(component.name)
  const { database } = evidenceOf(
    component,
    { history: undefined, sighting, watched: memory, drill: { ...noDrills, failed: undefined } },
    context.clock.now(),
  )
  const listing = sighting && { askedAt: sighting.askedAt, hasGap: database?.gap !== undefined }
  return reasonToAsk(memory.archiving, memory, listing, async () => {
    if (sighting === undefined) return undefined
    return log?.saysDropped({ listedAt: sighting.askedAt, readAt })
  })
}

/** `points` does it, and remembers the answer. What could not be listed is tried again by the next watch. */
async function askArchive(
  context: WatchContext,
  { name }: PostgresComponent,
  memory: DatabaseMemory,
  reason: string,
): Promise<DatabaseMemory> {
  const { archiving } = memory
  if ('error' in archiving) return memory
  if ((await context.holdfast(['points', name])) !== 0) return { ...memory, unlisted: reason }
  const archivedThen = segmentOf(archiving.lastArchivedWal)
  return {
    ...memory,
    unlisted: undefined,
    failedCountThen: archiving.failedCount,
    ...defined({ archivedThen }),
  }
}

/** What was not well before and isn't now has been so since then. */
function lasting(check: Check, before: WatchMemory | undefined, now: Instant): Check {
  if (check.error === undefined) return check
  const subject = subjectOf(check)
  const last = before?.checks.find((one) => one.error !== undefined && subjectOf(one) === subject)
  return { ...check, since: last?.since ?? check.since ?? now }
}

function writing(context: WatchContext, memory: WatchMemory): Check[] {
  const fault = faultOfWriting(context, memory)
  if (fault === undefined) return []
  const said = 'what was seen cannot be written'
  return [{ kind: 'journal', component: undefined, said, seenAt: memory.at, since: memory.at, error: unreadable(fault, said) }]
}

function faultOfWriting(context: WatchContext, memory: WatchMemory): unknown {
  try {
    return writeWatch(context, memory)
  } catch (thrown) {
    return thrown
  }
}

/** Only a gap that was seen, and WAL that arrives again, make a new base backup worth its while. */
async function cure(
  context: WatchContext,
  databases: readonly PostgresComponent[],
  memory: WatchMemory,
): Promise<{ component: string; exitCode: number }[]> {
  const cured: { component: string; exitCode: number }[] = []
  for (const { name } of databases) {
    const own = memory.databases[name]
    const isBad = (kind: Check['kind']) =>
      memory.checks.some((check) => check.kind === kind && check.component === name && isWrong(check))
    const isDue = own?.curedAt === undefined || Math.abs(memory.at - own.curedAt) > curedEvery
    if (own === undefined || own.unlisted !== undefined || !isBad('wal-gap') || isBad('archiving') || !isDue) continue
    if (livingHolder(lockFileOf(context)) !== undefined) continue
    const databasesNow = { ...memory.databases, [name]: { ...own, curedAt: memory.at } }
    writing(context, { ...memory, databases: databasesNow })
    cured.push({ component: name, exitCode: await context.beginBackup(name) })
  }
  return cured
}
