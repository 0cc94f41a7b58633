import type { DatabasePlan, RestorePlan } from '../../app/restore/plan.ts'
import { formatMoney } from '../../domain/money.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import type { Site } from '../../domain/site.ts'
import { commandText } from '../../places/command-text.ts'
import { shownWord } from '../output/shell-text.ts'
import { visible, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'

/** Where recovery stops, in a word. */
const stopOf = ({ recovery: { stop } }: DatabasePlan): 'time' | 'name' | 'archive-end' | 'backup-end' =>
  typeof stop === 'number' ? 'time' : typeof stop === 'object' ? 'name' : stop === 'point' ? 'backup-end' : stop

/** The folder, file or database that it goes to. */
function destinationOf({ target }: RestorePlan): string {
  if (target.kind === 'dump') return target.file
  return target.kind === 'live-database' ? target.database : target.folder
}

/** A plan as the JSON of `--dry-run` holds it. */
export function planDocument(plan: RestorePlan) {
  const { component, stamp, point, restoredTo, target, sizeBytes, downloadPrice, space, consequences, notes, commands } = plan
  const { id, kind, endedAt } = point
  return {
    ...{ component, stamp, point: { id, kind, endedAt }, restoredTo },
    ...(plan.source === 'files' ? {} : { stop: stopOf(plan), executor: plan.executor.kind }),
    ...(plan.source === 'files' || plan.recovery.timeline === undefined ? {} : { timeline: plan.recovery.timeline }),
    ...{ kind: target.kind, target: destinationOf(plan), targetState: target.state },
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(downloadPrice === undefined ? {} : { downloadPrice }),
    ...{ space, consequences, notes, commands: commands.map((command) => commandText(command)) },
  }
}

/** What a restore would do, for people. */
export function planLines(plan: RestorePlan, site: Pick<Site, 'storage'>, { paint }: Terminal): string[] {
  const { component, consequences, notes, commands, point } = plan
  const rows: [string, string][] = [
    ['as of', `${timeText(plan.restoredTo, 'seconds')}, from ${point.kind} ${shortPointId(point.id)}${wayText(plan)}`],
    ['to', toText(plan)],
    ...(plan.source === 'database' && plan.executor.kind !== 'here'
      ? [['by', `the programs of its image, in container ${plan.executor.name}`] as [string, string]]
      : []),
    ...plan.space.map((space): [string, string] => [
      'needs',
      `${formatSize(space.neededBytes)} in ${visible(space.path)}, where ${formatSize(space.freeBytes)} are free${space.freeBytes < space.neededBytes ? ': too little' : ''}`,
    ]),
    ['costs', priceText(plan, site)],
  ]
  return [
    `${paint('bold', `${component} · restore`)}  nothing is changed yet`,
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(8)}${text}`),
    ...[...consequences, ...notes].map((line) => `  ${visible(line)}`),
    '',
    `  ${paint('dim', commands.length === 1 ? 'the command' : 'the commands')}`,
    ...commands.map((command) => `    ${commandText(command, shownWord)}`),
  ]
}

function wayText(plan: RestorePlan): string {
  if (plan.source === 'files') return ''
  const timeline = plan.recovery.timeline === undefined ? '' : ` on timeline ${plan.recovery.timeline}`
  const ways = {
    time: `, then its WAL to that time${timeline}`,
    name: `, then its WAL to the named restore point${timeline}`,
    'archive-end': `, then all WAL that is archived${timeline}`,
    'backup-end': '',
  }
  return ways[stopOf(plan)]
}

function toText(plan: RestorePlan): string {
  const { target } = plan
  const destination = visible(destinationOf(plan))
  if (target.kind === 'live-database') return `database ${destination} of the live server`
  if (target.kind === 'temporary') return `a private server in ${destination}`
  if (target.kind === 'in-place')
    return plan.source === 'files' ? 'where the files came from' : `${destination}, the live cluster`
  return target.state === 'partial' ? `${destination}, going on with what an earlier restore left there` : destination
}

function priceText({ sizeBytes, downloadPrice: price }: RestorePlan, { storage }: Pick<Site, 'storage'>): string {
  if (storage.kind === 'directory') return `nothing: ${visible(storage.path)} is on this machine`
  const what = sizeBytes === undefined ? '' : ` for a download of ${formatSize(sizeBytes)}`
  if (price === undefined || 'unknown' in price) return `an unknown price${what}`
  return price.amount === 0 ? `nothing${what}` : `at most ${formatMoney(price)}${what}`
}
