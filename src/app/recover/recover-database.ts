import {
  chownSync,
  closeSync,
  constants,
  cpSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { commandOf, type Command } from '../../domain/command.ts'
import { duration, formatDuration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { Progress } from '../../domain/events.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { bytes, formatSize } from '../../domain/size.ts'
import type { PostgresComponent, PostgresSource } from '../../domain/site.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { debianNameOf, type DebianCluster } from '../../sources/postgres/debian.ts'
import type { ClusterOwner } from '../../sources/postgres/port.ts'
import { findServerPrograms } from '../../sources/postgres/programs.ts'
import { controlOf, pgCtlStop, runControl } from '../../sources/postgres/server-control.ts'
import { clusterOwner, majorVersionOf } from '../../sources/postgres/data-directory.ts'
import type { AppContext } from '../site/context.ts'
import type { FetchedKit } from '../kit/fetch-kit.ts'
import { kitFiles } from '../kit/kit-manifest.ts'
import { planRestore } from '../restore/ask-plan.ts'
import { restoreExecutor } from '../restore/executor.ts'
import type { RestoreRequest } from '../restore/request.ts'

interface DatabaseRecovery {
  readonly kit: FetchedKit | undefined
  readonly request: RestoreRequest
  /** Hears where it writes before it does. */
  readonly take: (into: string) => void
}

/**
 * Brings a cluster back into its own data directory, proves it there where nobody reaches it, and then starts it the way it
 * was: Debian's where it was Debian's. It doesn't archive: until this is the live machine, its WAL would mix with that of the
 * other one.
 */
export async function recoverDatabase(
  context: AppContext,
  component: PostgresComponent,
  { kit, request, take }: DatabaseRecovery,
  report: (progress: Progress) => void,
): Promise<string[]> {
  const plan = await planRestore(context, request, { report, prepares: true })
  take(plan.target.folder)
  const restored = await restoreExecutor(context, { report })(plan)
  report({ note: 'starting PostgreSQL' })
  const owner = clusterOwner(component.source.dataDirectory)
  const debian = bringConfiguration(component, kit, owner)
  await start(context, component, debian, owner)
  const answer = await ask(context, component)
  const stamp = formatLocalStamp(restored.restoredTo, context.site.timeZone)
  return [
    `as of ${stamp}, from ${shortPointId(restored.point)}; recovery was seen to reach it`,
    `it runs and answers: PostgreSQL ${answer.version}, ${answer.databases} databases, ${formatSize(bytes(answer.size))}`,
    ...(debian === undefined ? [`it was started with pg_ctl: what starts it with the machine has to be set up again`] : []),
    ...(restored.lossAtMostMs === undefined
      ? []
      : [`at most ${formatDuration(restored.lossAtMostMs)} of the newest work may be missing`]),
    ...restored.notes,
  ]
}

/** Debian keeps the configuration of a cluster in /etc. What lies there already stays: it may have come back with the files. */
function bringConfiguration(
  { name, source }: PostgresComponent,
  kit: FetchedKit | undefined,
  owner: ClusterOwner,
): DebianCluster | undefined {
  const debian = debianNameOf(source.dataDirectory)
  if (debian === undefined) return undefined
  const present = existsSync(join(debian.configuration, 'postgresql.conf'))
  const kept = kit === undefined ? undefined : join(kit.folder, kitFiles.clusterFolder(name))
  if (!present && kept !== undefined && existsSync(kept)) {
    mkdirSync(dirname(debian.configuration), { recursive: true, mode: 0o755 })
    cpSync(kept, debian.configuration, { recursive: true, preserveTimestamps: true })
    giveTo(owner, dirname(debian.configuration))
    giveAllTo(owner, debian.configuration)
  }
  if (!existsSync(join(debian.configuration, 'postgresql.conf'))) return undefined
  // Written for the proof, because the backup held none; Debian's own counts from here on.
  for (const file of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) {
    const path = join(source.dataDirectory, file)
    if (isOurs(path)) rmSync(path)
  }
  return debian
}

function giveAllTo(owner: ClusterOwner, folder: string): void {
  giveTo(owner, folder)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) giveAllTo(owner, path)
    else giveTo(owner, path)
  }
}

const giveTo = ({ uid, gid }: ClusterOwner, path: string): void => chownSync(path, uid, gid)

function isOurs(path: string): boolean {
  const beginning = '# Written by holdfast restore'
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    return false
  }
  try {
    const content = Buffer.alloc(beginning.length)
    readSync(file, content, 0, content.length, 0)
    return content.toString('utf8') === beginning || fstatSync(file).size === 0
  } finally {
    closeSync(file)
  }
}

async function start(
  context: AppContext,
  component: PostgresComponent,
  debian: DebianCluster | undefined,
  owner: ClusterOwner,
): Promise<void> {
  const { dataDirectory } = component.source
  const command = debian === undefined ? startCommand(context, component, owner) : controlOf(context.place, dataDirectory).start
  const finished = await context.place.run(command, { signal: context.signal, deadlineMs: duration(10, 'm') })
  if (finished.exitCode === 0) return
  const log = join(dataDirectory, startLog)
  throw new HoldfastError('postgres-down', `the restored PostgreSQL in ${dataDirectory} does not start`, {
    hint: 'correct what its log says, then run holdfast recover again',
    detail: `${finished.stderr}${existsSync(log) ? readFileSync(log, 'utf8').slice(-4000) : ''}`,
  })
}

const stop = (context: AppContext, { dataDirectory }: Pick<PostgresSource, 'dataDirectory'>): Promise<void> =>
  runControl(context.place, pgCtlStop(context.place, dataDirectory), `stopping PostgreSQL in ${dataDirectory}`, context.signal)

/** In the data directory, because nowhere else is its owner sure to be allowed to write. */
const startLog = 'recovered.log'

function startCommand({ place }: AppContext, { source }: PostgresComponent, owner: ClusterOwner): Command {
  const { dataDirectory } = source
  return commandOf(
    join(findServerPrograms(place, majorVersionOf(dataDirectory)), 'pg_ctl'),
    ['-D', dataDirectory, '-w', '-s', '-t', '600', '-l', join(dataDirectory, startLog), 'start'],
    { user: owner.user },
  )
}

/** Throws unless the server is out of recovery and does not archive. */
async function ask(context: AppContext, component: PostgresComponent) {
  const sql = `SELECT pg_is_in_recovery(), current_setting('archive_mode'), current_setting('server_version'),
    count(*), sum(pg_database_size(oid)) FROM pg_database WHERE datallowconn AND NOT datistemplate`
  const server = await context.serverOf(component)
  const text = await server.query(sql)
  const [inRecovery, archiveMode, version = '', databases, size] = text.split('|')
  if (inRecovery === 'f' && archiveMode === 'off') return { version, databases: Number(databases), size: Number(size) }
  await stop(context, component.source)
  throw new HoldfastError(
    'recovery-incomplete',
    inRecovery === 'f'
      ? 'the restored server would archive, beside the one that may still be alive; it was stopped'
      : 'the restored server is still in recovery; it was stopped',
    {
      hint: `look at archive_mode in ${component.source.dataDirectory} and in its configuration, then run holdfast recover again`,
    },
  )
}
