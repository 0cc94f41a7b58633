import { isAhead } from '../../domain/clock.ts'
import { keepingPrice, type Priced } from '../../cost/pricing.ts'
import { majorVersionOf, shortPointId, type RecoveryWindow, type RestorePoint } from '../../domain/restore-point.ts'
import { formatDuration } from '../../domain/duration.ts'
import { formatSize } from '../../domain/size.ts'
import type { PointSighting } from '../../state/point-cache.ts'
import { keptBytes } from '../../policy/pin.ts'
import { isStretch, recoveryGaps, type RecoveryGap } from '../../policy/recovery-gaps.ts'
import { monthlyText } from './price.ts'
import { columns, type Terminal } from '../output/terminal.ts'
import { timeStamp } from '../output/time.ts'

/** The restore points of a component, and below them what can be restored between them, and what can't. */
export function pointLines(sighting: PointSighting, priced: Priced, terminal: Terminal): string[] {
  const rows = sighting.points.map((point) => [
    shortPointId(point.id),
    point.kind,
    timeStamp(point.endedAt),
    point.sizeBytes === undefined ? '' : formatSize(point.sizeBytes),
    point.addedBytes === undefined ? '' : `+${formatSize(point.addedBytes)}`,
    remarksOn(point, sighting, priced).join(' · '),
  ])
  return [...columns(rows, ['left', 'left', 'left', 'right', 'right']), ...recoveryLines(sighting, terminal)]
}

function remarksOn(point: RestorePoint, sighting: PointSighting, priced: Priced): string[] {
  const { points: all, windows, unreachable, askedAt } = sighting
  const window = windows?.find(({ points }) => points.includes(point.id))
  return [
    ...(point.pin === undefined ? [] : [`★ ${point.pin}${keepsText(point, all, priced)}`]),
    ...(point.hasErrors ? ['holds damaged pages'] : []),
    ...(isAhead(point.endedAt, askedAt) ? ['dated in the future: the clock was wrong'] : []),
    ...(needsOther(point, all, unreachable) ? [`needs PostgreSQL ${majorVersionOf(point.archive ?? '')}`] : []),
    ...(windows !== undefined && window === undefined ? ['cannot be restored: its WAL is missing'] : []),
    ...(window !== undefined && !windowsOf(point, windows).some(isStretch) ? ['to its own end only'] : []),
  ]
}

/** ` (keeps 1.62 GB, about USD 0.04 a month)`; empty where the engine does not tell. */
function keepsText(point: RestorePoint, all: readonly RestorePoint[], priced: Priced): string {
  const kept = keptBytes(point, all)
  return kept === undefined ? '' : ` (keeps ${formatSize(kept)}${monthlyText(keepingPrice(kept, priced))})`
}

/** Another major version than that of the newest WAL: that one is what runs. */
function needsOther({ archive }: RestorePoint, all: readonly RestorePoint[], unreachable: PointSighting['unreachable']): boolean {
  const newest = unreachable?.at(-1)?.archive ?? all.findLast((point) => point.archive !== undefined)?.archive
  return archive !== undefined && newest !== undefined && majorVersionOf(archive) !== majorVersionOf(newest)
}

const windowsOf = ({ id }: RestorePoint, windows: readonly RecoveryWindow[] = []): RecoveryWindow[] =>
  windows.filter(({ points }) => points.includes(id))

function recoveryLines({ windows, unreachable = [], points }: PointSighting, { paint }: Terminal): string[] {
  if (windows === undefined) return []
  const stretches = windows.filter(isStretch)
  const gaps = recoveryGaps(windows).filter(({ isHole }) => isHole)
  const between = recoveryGaps(stretches)
  const lines = stretches.flatMap((window) => [
    ...between.filter(({ to }) => to === window.from).map((gap) => paint('warn', gapText(gap, gaps))),
    `any second from ${timeStamp(window.from)} to ${timeStamp(window.to)}`,
  ])
  if (stretches.length === 0 && points.length > 0) lines.push('no more than the ends of the base backups can be restored')
  return [
    ...lines,
    ...unreachable.map(({ from, to, timeline }) =>
      paint(
        'bad',
        `nothing from ${timeStamp(from)} to ${timeStamp(to)}: no base backup leads to the WAL archived then (timeline ${timeline}); holdfast backup makes what follows restorable`,
      ),
    ),
  ]
}

function gapText(gap: RecoveryGap, holes: readonly RecoveryGap[]): string {
  const { from, to } = gap
  const why = reasonOf(
    gap,
    holes.filter((hole) => hole.from >= from && hole.to <= to),
  )
  return `  not from ${timeStamp(from)} to ${timeStamp(to)}, ${formatDuration(to - from)}: ${why}; of it only the ends of base backups`
}

function reasonOf({ isUpgrade, newTimeline }: RecoveryGap, holes: readonly RecoveryGap[]): string {
  if (isUpgrade) return 'PostgreSQL was upgraded'
  if (holes.length > 0) return `WAL is missing after ${holes.map(({ afterWal }) => afterWal).join(', ')}`
  return newTimeline === undefined
    ? 'its WAL is not in the archive'
    : `nothing leads into timeline ${newTimeline} before its first backup`
}
