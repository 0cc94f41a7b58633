import type { Choosable } from '../../app/restore/restore-guide.ts'
import type { Instant } from '../../domain/clock.ts'
import { shortPointId, type RestorePoint } from '../../domain/restore-point.ts'
import type { Component } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import type { Day, Stretch } from '../../policy/restore-days.ts'
import { visible } from '../output/terminal.ts'
import { timeStamp, timeText } from '../output/time.ts'
import type { ChosenRestore, Place } from './restore-place.ts'

export type What = 'whole' | 'parts' | 'database' | 'tables'

/** What has been answered so far. */
export interface Draft {
  readonly choosable?: Choosable
  /** Of a database: a second; absent for the latest. */
  readonly at?: Instant
  /** Of files; absent for the newest. */
  readonly point?: RestorePoint
  /** On a calendar, before it is a point or a second. */
  readonly day?: Day
  readonly when?: 'latest' | 'calendar'
  readonly what?: What
  readonly paths?: readonly string[]
  readonly database?: string
  readonly tables?: readonly string[]
  readonly place?: Place
  readonly to?: string
}

export const chosenOf = (draft: Draft): ChosenRestore => ({ ...draft, component: choosableOf(draft).component.name })

export function choosableOf({ choosable }: Draft): Choosable {
  if (choosable === undefined) throw new Error('the component is asked for first')
  return choosable
}

/** What has been answered, to stand above the next question. */
export function soFar({ choosable, when, at, point, what, paths, database, tables, to }: Draft): string[] {
  if (choosable === undefined) return []
  const rows: [string, string | undefined][] = [
    ['restore', choosable.component.name],
    [
      'as of',
      point !== undefined
        ? pointText(point)
        : at !== undefined
          ? timeText(at, 'seconds')
          : when === 'latest'
            ? 'the latest'
            : undefined,
    ],
    ['how much', partText(what, paths ?? tables, database)],
    ['to', to === undefined ? undefined : visible(to)],
  ]
  const lines = rows.flatMap(([name, text]) => (text === undefined ? [] : [`${name.padEnd(10)}${text}`]))
  return [...lines, '']
}

function partText(
  what: What | undefined,
  names: readonly string[] | undefined,
  database: string | undefined,
): string | undefined {
  if (what === 'whole') return 'all of it'
  const named = [...(names ?? []), ...(database === undefined ? [] : [`database ${database}`])]
  return named.length === 0 ? undefined : named.map(visible).join(' ')
}

export const sourceText = ({ source }: Component): string =>
  source.kind === 'postgres' ? `PostgreSQL in ${source.dataDirectory}` : source.paths.join(' ')

export function pointText({ id, endedAt, sizeBytes, pin }: RestorePoint): string {
  const size = sizeBytes === undefined ? '' : `  ${formatSize(sizeBytes)}`
  return `${shortPointId(id)}  ${timeStamp(endedAt)}${size}${pin === undefined ? '' : `  pinned: ${visible(pin)}`}`
}

export const stretchText = ({ from, to }: Stretch): string => `${timeStamp(from).slice(11)} to ${timeStamp(to).slice(11)}`
