import { restoringPrice } from '../../../cost/pricing.ts'
import type { Instant } from '../../../domain/clock.ts'
import type { DatabaseRestoreRequest } from '../../../engines/database-port.ts'
import type { Command } from '../../../domain/command.ts'
import type { RestorePoint } from '../../../domain/restore-point.ts'
import { bytes, type Bytes } from '../../../domain/size.ts'
import type { PostgresComponent, Site } from '../../../domain/site.ts'
import { formatLocalStamp } from '../../../policy/local-time.ts'
import type { ClusterOwner } from '../../../sources/postgres/port.ts'
import type { FreeSpace } from '../../../machine/port.ts'
import { draftCommand } from '../in-place/draft.ts'
import {
  stampOf,
  type DatabasePlan,
  type DatabaseTarget,
  type LiveCluster,
  type PlannedExecutor,
  type PlannedSpace,
} from '../plan.ts'
import type { RestoreRequest } from '../request.ts'
import { spaceFor } from './files-plan.ts'
import type { ChosenRecovery } from './recovery.ts'

/** What was asked of engine, live server, disks and containers before a database is restored. */
export interface DatabaseFacts {
  readonly now: Instant
  readonly target: DatabaseTarget
  readonly chosen: ChosenRecovery
  readonly executor: PlannedExecutor
  readonly owner: ClusterOwner
  readonly engine: DatabaseRestoreRequest
  readonly engineCommands: readonly Command[]
  /** Of the file system that is written to. */
  readonly free: Omit<FreeSpace, 'device'>
  /** Of those of the tablespaces that a restore in place replaces, in their order. */
  readonly freeOfTablespaces: readonly Omit<FreeSpace, 'device'>[]
}

/** How a database is brought back. */
export function planDatabase(
  { name }: Pick<PostgresComponent, 'name'>,
  request: RestoreRequest,
  facts: DatabaseFacts,
  site: Pick<Site, 'storage' | 'budget' | 'timeZone'>,
): DatabasePlan {
  const { target, chosen, executor, owner, engine } = facts
  const { point, restoredTo, recovery, notes } = chosen
  const { sizeBytes } = point
  // A dump is smaller than what it is made of, and nobody knows by how much.
  const price = sizeBytes === undefined || target.kind === 'dump' ? {} : { downloadPrice: restoringPrice(sizeBytes, site) }
  return {
    source: 'database',
    component: name,
    purpose: request.purpose,
    stamp: stampOf(facts.now),
    ...{ point, restoredTo, recovery, target, executor, owner, engine, ...price },
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    space: target.kind === 'in-place' ? spaceInPlace(target.live, facts) : spaceForCopy(request, facts),
    consequences: target.kind === 'in-place' ? consequences(name, chosen, target.live, site) : [],
    notes: [...(point.hasErrors ? [damage] : []), ...notes],
    commands: commandsOf(facts),
  }
}

const damage = 'the base backup holds pages with wrong checksums: look at its tables with pg_amcheck; another point may be whole'

/** The data itself, and WAL that is replayed and written while it recovers. */
const neededFor = (point: RestorePoint): Bytes => bytes(Math.round((point.sizeBytes ?? 0) * 1.1) + 128 * 2 ** 20)

/** What an earlier restore left unfinished takes room already, so nobody knows how much is still needed. */
function spaceForCopy({ purpose }: RestoreRequest, { target, chosen, free }: DatabaseFacts): PlannedSpace[] {
  return target.state === 'empty' ? [spaceFor(purpose, neededFor(chosen.point), free)] : []
}

/** Old and new exist side by side until somebody removes the old. */
function spaceInPlace({ tablespaces }: LiveCluster, { chosen, free, freeOfTablespaces }: DatabaseFacts): PlannedSpace[] {
  const inTablespaces = tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const neededBytes = bytes(Math.max(0, neededFor(chosen.point) - inTablespaces))
  return [
    { purpose: 'the restore beside the old data', path: free.path, neededBytes, freeBytes: free.freeBytes },
    ...freeOfTablespaces.map(({ path, freeBytes }, index) => ({
      purpose: 'the restore of a tablespace beside the old one',
      ...{ path, freeBytes, neededBytes: bytes(tablespaces[index]?.sizeBytes ?? 0) },
    })),
  ]
}

function consequences(
  name: string,
  { recovery: { stop }, restoredTo }: ChosenRecovery,
  { data, wasRunning, setAside }: LiveCluster,
  { timeZone }: Pick<Site, 'timeZone'>,
): string[] {
  const stamp = formatLocalStamp(restoredTo, timeZone)
  const when = typeof stop === 'object' ? `as of the restore point ${JSON.stringify(stop.name)}` : `as of ${stamp}`
  return [
    `the whole cluster of ${name} in ${data} will be restored ${when}: all its databases`,
    'what was committed after that is gone from it',
    ...(wasRunning ? ['its server is stopped until that is done; connections are closed'] : []),
    setAside.length === 0
      ? 'there is no data now that could be kept'
      : `the data of now is kept as ${setAside.map(({ aside }) => aside).join(', ')}`,
  ]
}

function commandsOf({ target, executor, engineCommands }: DatabaseFacts): Command[] {
  const restored = [...(executor.kind === 'here' ? [] : [executor.command]), ...engineCommands]
  if (target.kind !== 'in-place') return restored
  const { live } = target
  const { control, wasRunning, isStarted } = live
  return [
    ...(wasRunning && control !== undefined ? [control.stop] : []),
    ...live.drafts.filter(({ entries }) => entries.length > 0).map(draftCommand),
    ...restored,
    ...(isStarted && control !== undefined ? [control.start] : []),
  ]
}
