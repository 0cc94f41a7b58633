import { existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../domain/command.ts'
import { tablespaceFolder, type DatabaseRestoreRequest } from '../database-port.ts'
import type { EngineContext } from '../port.ts'
import { FileProgress } from './answers.ts'
import { restoreCommand, type PgbackrestSetting, type RecoveryTarget } from './commands.ts'
import type { PgbackrestRun } from './run.ts'

export async function restore(pgbackrest: PgbackrestRun, request: DatabaseRestoreRequest, context: EngineContext): Promise<void> {
  const { target, holds = 'nothing' } = request
  const files = new FileProgress()
  const tablespaces = holds === 'live' ? undefined : tablespaceFolder(target)
  const continues = holds !== 'nothing' && canContinue(target)
  if (holds !== 'nothing' && !continues) emptyFolder(target)
  if (tablespaces !== undefined) makeTablespaceFolder(tablespaces, target, holds === 'unfinished')
  if (tablespaces !== undefined && !continues) emptyFolder(tablespaces)
  await pgbackrest.runLong(restoreCommandOf(pgbackrest.options, request), context, (line) => {
    const progress = files.read(line)
    if (progress) context.report(progress)
  })
  if (tablespaces !== undefined && readdirSync(tablespaces).length === 0) rmdirSync(tablespaces)
}

export function restoreCommandOf(setting: PgbackrestSetting, request: DatabaseRestoreRequest): Command {
  const { point, target, holds = 'nothing', database } = request
  return restoreCommand(setting, point.id, targetOf(request), { directory: target, holds, database })
}

function targetOf({ at, point, timeline: wanted }: DatabaseRestoreRequest): RecoveryTarget {
  if (at === undefined || at === 'point') return { to: 'backup-end' }
  const timeline = wanted === undefined || wanted === point.timeline ? 'current' : wanted
  if (at === 'archive-end') return { to: 'archive-end', timeline }
  return typeof at === 'object' ? { to: 'name', name: at.name, timeline } : { to: 'time', at, timeline }
}

/** pgBackRest continues only in a folder where it finds one of these. A restore killed before left nothing worth keeping. */
const canContinue = (target: string): boolean => ['PG_VERSION', 'backup.manifest'].some((name) => existsSync(join(target, name)))

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
}

/** Not recursive: a folder that exists already is somebody's, and makes this throw, unless an earlier restore made it. */
function makeTablespaceFolder(folder: string, target: string, mayExist: boolean): void {
  const { uid, gid } = statSync(target)
  if (mayExist && lstatSync(folder, { throwIfNoEntry: false })?.uid === uid) return
  mkdirSync(folder, { mode: 0o700 })
  lchownSync(folder, uid, gid)
}
