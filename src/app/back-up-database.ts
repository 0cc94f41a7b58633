import type { ErrorRecord } from '../domain/errors.ts'
import type { RestorePoint } from '../domain/restore-point.ts'
import type { Component, PostgresSource } from '../domain/site.ts'
import type { BackUpRequest, BackUpResult, EngineContext } from '../engines/port.ts'
import { chooseBackupKind } from '../policy/backup-kind.ts'
import { refuseUnready } from '../sources/postgres/readiness.ts'
import { locateServer, readServerFacts } from '../sources/postgres/server.ts'
import type { AppContext } from './context.ts'

/** Throws unless the server of a database runs, and is one that can be backed up. */
export async function requireServer(context: AppContext, source: PostgresSource): Promise<void> {
  const server = locateServer(source)
  refuseUnready(source, await readServerFacts(context.place, server, source, context.signal))
}

/** The kind of base backup that is due, and a look at what became restorable by it. */
export async function backUpDatabase(
  context: AppContext,
  component: Component,
  source: PostgresSource,
  pinned: Pick<BackUpRequest, 'pin'>,
  engineWork: EngineContext,
  warn: (what: string) => void,
): Promise<BackUpResult> {
  const engine = context.engineOf(component)
  const points = await engine.listPoints(engineWork)
  const { kind, reason } = chooseBackupKind(points, source, context.clock.now(), context.site.timeZone)
  engineWork.report({ note: `${kind} backup: ${reason}` })
  // Archiving that never worked once must not be found out by the first restore.
  if (points.length === 0) await engine.check(engineWork)
  const made = await engine.backUp({ kind, ...pinned }, engineWork)
  const pointsAfter = await engine.listPoints(engineWork)
  const windows = await engine.recoveryWindows?.(pointsAfter, engineWork)
  context.pointCache.write(component.name, {
    askedAt: context.clock.now(),
    points: pointsAfter,
    windows,
    repositoryBytes: undefined,
  })
  if (windows !== undefined && !windows.some((window) => window.points.includes(made.point.id))) {
    const fault: ErrorRecord = {
      code: 'archive-failing',
      message: `the WAL that backup ${made.point.id} needs is not in the archive: it cannot be restored`,
      hint: 'SELECT last_failed_wal, last_failed_time FROM pg_stat_archiver; the server’s log holds the words of archive-push',
    }
    return { ...made, faults: [...made.faults, fault] }
  }
  const gap = gapBefore(made.point.id, windows, pointsAfter)
  if (gap !== undefined) warn(gap)
  return made
}

/** Says when WAL is missing between the new backup and the one before it. */
function gapBefore(
  newest: string,
  windows: readonly { points: readonly string[] }[] | undefined,
  points: readonly RestorePoint[],
): string | undefined {
  const window = windows?.find((candidate) => candidate.points.includes(newest))
  const previous = points.at(-2)
  if (window === undefined || previous === undefined || window.points.includes(previous.id)) return undefined
  return `WAL is missing between ${previous.id} and ${newest}: the time between them cannot be restored`
}
