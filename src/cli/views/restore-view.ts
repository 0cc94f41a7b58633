import type { RestoreOutcome } from '../../app/restore/request.ts'
import { formatDuration } from '../../domain/duration.ts'
import { formatMoney } from '../../domain/money.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { shellWord } from '../../places/command-text.ts'
import { columns, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

/** Tables that are named one by one; of more only the sum is told. */
const namedTables = 20

/** What was restored, what it proved, and what to do with it. */
export function restoreLines(outcome: RestoreOutcome, { paint }: Terminal): string[] {
  const { component, cluster, point, restoredTo, durationMs, notes } = outcome
  const when = `${timeText(restoredTo, 'seconds')}, from ${shortPointId(point)}, in ${formatDuration(durationMs)}`
  return [
    `${paint('good', '✓')} ${component} as of ${when}`,
    ...outcome.places.map((place) => `  ${place}`),
    ...(outcome.kind === 'live-database' ? [`  into the database ${outcome.target} of the live server`] : []),
    ...(outcome.pin === undefined ? [] : [`  ★ that point is kept for ever: ${outcome.pin}`]),
    ...notes.map((note) => `  ${note}`),
    ...priceLines(outcome),
    ...(cluster === undefined ? [] : provenLines(cluster)),
    ...(outcome.lossAtMostMs === undefined
      ? []
      : [`  at most ${formatDuration(outcome.lossAtMostMs)} of work is missing, up to the time that was asked for`]),
    ...tableLines(outcome),
    ...nextLines(outcome),
  ]
}

function priceLines({ downloadPrice: price, cluster }: RestoreOutcome): string[] {
  if (price === undefined || 'unknown' in price || price.amount === 0) return []
  return [`  its download costs at most ${formatMoney(price)}${cluster === undefined ? '' : ', and the WAL on top'}`]
}

function provenLines(cluster: NonNullable<RestoreOutcome['cluster']>): string[] {
  const databases = cluster.databases.map(({ name, sizeBytes }) => `${name} (${formatSize(sizeBytes)})`).join(', ')
  return [
    `  it started, recovered and answered: PostgreSQL ${cluster.majorVersion}, databases ${databases}`,
    ...(cluster.lastTransactionAt === undefined ? [] : [`  last transaction in it: ${cluster.lastTransactionAt}`]),
    ...(cluster.lastHeartbeat === undefined ? [] : [`  last heartbeat in it: ${timeText(cluster.lastHeartbeat.at, 'seconds')}`]),
  ]
}

function tableLines({ tables = [] }: RestoreOutcome): string[] {
  if (tables.length === 0) return []
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  if (tables.length > namedTables) return [`  ${tables.length} tables, ${rows} rows, as many as in the restored cluster`]
  return columns(
    tables.map((table) => [`  ${table.name}`, `${table.rows}`, 'rows']),
    ['left', 'right'],
  )
}

function nextLines({ kind, lookInside, target, connection, component }: RestoreOutcome): string[] {
  if (lookInside !== undefined) {
    const who = lookInside.startsWith('/') ? ', as its owner' : ''
    return [`  to look inside${who}: ${lookInside}`]
  }
  if (kind === 'dump') return [`  to load it: pg_restore --dbname=NAME ${shellWord(target)}`]
  if (connection === undefined) return []
  return [
    `  it runs, for root and its owner alone: psql ${shellWord(connection)}`,
    `  to stop and remove it: Ctrl-C here; if it was left running, holdfast restore ${component} --stop ${shellWord(target)}`,
  ]
}
