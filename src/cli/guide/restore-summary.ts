import type { RestorePreview } from '../../app/restore/restore-guide.ts'
import type { Command } from '../../domain/command.ts'
import { formatDuration } from '../../domain/duration.ts'
import { formatMoney } from '../../domain/money.ts'
import { locationText, type RepositoryLocation } from '../../domain/repository.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { formatSize } from '../../domain/size.ts'
import { shownCommandLines } from '../output/shell-text.ts'
import { visible, type Terminal } from '../output/terminal.ts'
import { timeText } from '../output/time.ts'
import { folded, type Screen } from './screen.ts'

export interface RestoreSummary {
  readonly component: string
  readonly location: RepositoryLocation
  /** Absolute on the source; everything when empty. */
  readonly paths: readonly string[]
  /** Of a database: what of the cluster, when not all. */
  readonly part: string | undefined
  /** Where to, in words. */
  readonly destination: string
  /** The latest of a database: what the live server has not archived yet comes too. */
  readonly latest: boolean
  readonly preview: RestorePreview
  /** The words of the command that does the same without questions. */
  readonly words: readonly string[]
}

/** All that a restore will do, before it does anything. */
export function summaryLines(summary: RestoreSummary, columns: number, paint: Terminal['paint']): string[] {
  const { preview } = summary
  const rows: [string, string][] = [
    ['restore', subjectText(summary)],
    ...summary.paths.map((path): [string, string] => ['', visible(path)]),
    ['as of', whenText(summary)],
    ['to', visible(summary.destination)],
    ['takes', durationText(preview)],
    ['costs', costText(summary)],
  ]
  const label = 10
  return [
    ...rows.flatMap(([name, text]) =>
      folded(text, columns - label).map((line, index) => `${(index === 0 ? name : '').padEnd(label)}${line}`),
    ),
    '',
    paint('dim', preview.commands.length === 1 ? 'the command of the engine' : 'the commands of the engine'),
    ...preview.commands.flatMap((command) => shownCommandLines(wordsOf(command), columns - 4)).map(indented),
    '',
    paint('dim', 'the same without questions'),
    ...shownCommandLines(summary.words, columns - 4).map(indented),
  ]
}

/** The summary before it is begun; a screen that is too small for it shows a part, and can be moved. */
export const startScreen = (summary: RestoreSummary): Screen<number, true> => ({
  begin: 0,
  keys: 'Enter starts, nothing is touched before',
  lines: (from, { columns, height }, paint) => {
    const lines = summaryLines(summary, columns, paint)
    if (lines.length <= height) return lines
    const last = lines.length - height + 2
    const begin = Math.min(from, last)
    return [
      paint('dim', begin > 0 ? `↑ ${begin} lines above` : ''),
      ...lines.slice(begin, begin + height - 2),
      paint('dim', begin < last ? `↓ ${last - begin} lines below` : ''),
    ]
  },
  press: (from, { name }) => {
    if (name === 'return') return { answer: true }
    if (name === 'down') return { state: from + 1 }
    return { state: name === 'up' ? Math.max(0, from - 1) : from }
  },
})

const indented = (line: string, index: number): string => `${index === 0 ? '  ' : '    '}${line}`

function subjectText({ component, part, paths }: RestoreSummary): string {
  if (part !== undefined) return `${visible(part)} of component ${component}`
  return paths.length === 0 ? `${component}, all of it` : component
}

function whenText({ preview, latest }: RestoreSummary): string {
  const from = `from ${preview.point.kind} ${shortPointId(preview.point.id)}`
  if (!latest) return `${timeText(preview.restoredTo, 'seconds')}, ${from}`
  return `the latest, ${from}: what is archived, and while the server lives all that is committed`
}

function durationText({ last }: RestorePreview): string {
  if (last === undefined) return 'not known yet: nothing of it has been restored on this machine'
  return `about ${formatDuration(last.durationMs)}, as the last restore of it did on ${timeText(last.at)}`
}

function costText({ preview: { download }, location }: RestoreSummary): string {
  if (download === undefined) return `nothing: ${locationText(location)} is on this machine`
  const { atMostBytes, alsoWal, price, freeGb } = download
  if (atMostBytes === undefined || price === undefined) return 'unknown: the engine does not tell how much is downloaded'
  const what = `a download of ${formatSize(atMostBytes)}${alsoWal ? ', and the WAL behind it' : ''}`
  if ('unknown' in price) return `an unknown price (${price.unknown}) for ${what}`
  if (price.amount === 0) return `nothing, for ${what}`
  const free = freeGb === 0 ? '' : `; nothing while less than ${freeGb} GB leave the account this month`
  return `at most ${formatMoney(price)} for ${what}${free}`
}

/** As it can be typed as root: the user of a cluster and the environment stand in front. */
function wordsOf({ program, arguments: words, environment, user }: Command): string[] {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const before = user === undefined ? [] : ['runuser', '-u', user, '--']
  return [...before, ...(variables.length === 0 ? [] : ['env', ...variables]), program, ...words]
}
