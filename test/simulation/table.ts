import { formatSize, bytes } from '../../src/domain/size.ts'
import type { LifeOptions } from './life.ts'
import { simulate, type DayResult } from './simulation.ts'

const widths = [10, 5, 5, 4, 5, 8, 40, 9]

/** What a whole simulation came to; all of it must be more than nothing. */
export interface Sums {
  readonly days: number
  readonly removed: number
  readonly restored: number
}

/** Simulates, and prints a line for each day as it ends, and at the end what it came to. */
export async function lifeInATable(options: LifeOptions): Promise<Sums> {
  const { scenario, seed } = options
  const beganAt = performance.now()
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const sums = { days: 0, removed: 0, restored: 0 }
  print(`\nseed ${seed} · ${scenario.timeZone} · retention ${JSON.stringify(scenario.policy)}\n${tableHead}`)
  await simulate(options, (result) => {
    sums.days += 1
    sums.removed += result.removed
    sums.restored += result.restored
    print(tableRow(result))
  })
  const minutes = Math.round((performance.now() - beganAt) / 60_000)
  const { days, removed, restored } = sums
  print(`${days} days in ${minutes} minutes: every promise kept, ${removed} points removed, ${restored} restores equal\n`)
  return sums
}

const tableHead = row(['day', 'files', 'bases', 'gone', 'WAL', 'size', 'any second', 'restored', 'what happened'])

function tableRow(result: DayResult): string {
  const { windows = [] } = result
  const [first] = windows
  const last = windows.at(-1)
  const window =
    first === undefined || last === undefined
      ? ''
      : `${stamp(first.from)} – ${stamp(last.to)}${windows.length > 1 ? ` in ${windows.length}` : ''}`
  return row([
    result.date,
    String(result.documents ?? ''),
    String(result.database ?? ''),
    result.removed === 0 ? '' : String(result.removed),
    String(result.segments ?? ''),
    result.bytes === undefined ? '' : formatSize(bytes(result.bytes)),
    window,
    result.restored === 0 ? '' : `${result.restored} equal`,
    result.happened.join(', '),
  ])
}

const stamp = (iso: string): string => iso.slice(0, 16).replace('T', ' ')

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const isNumber = index >= 1 && index <= 5
      return isNumber ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
    })
    .join('  ')
    .trimEnd()
}
