import { live, moments, steps, type Cell, type CellResult } from './cell.ts'
import type { Fault } from './faults.ts'
import { Household, type HouseholdOptions } from './household.ts'

/** Every fault at every moment of every step. */
export const allCells = (faults: readonly Fault[]): Cell[] =>
  faults.flatMap((fault) => steps.flatMap((step) => moments.map((moment) => ({ fault, step, moment }))))

/** Each fault once, the places of a run taking turns: with six faults every place is met. */
export const oneCellEach = (faults: readonly Fault[]): Cell[] =>
  faults.map((fault, index) => ({
    fault,
    step: steps[index % steps.length] as Cell['step'],
    moment: moments[Math.floor(index / steps.length) % moments.length] as Cell['moment'],
  }))

export interface MatrixResult {
  readonly kept: number
  readonly restored: number
  /** What was not as promised, by cell. */
  readonly broken: readonly string[]
}

/** Lives through all cells on one site, prints a line for each, and restores in the end what any run called done. */
export async function liveThrough(options: HouseholdOptions, cells: readonly Cell[]): Promise<MatrixResult> {
  const household = await Household.create(options)
  const broken: string[] = []
  let kept = 0
  try {
    print(head)
    for (const cell of cells) {
      try {
        print(row(await live(household, cell)))
        kept += 1
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        broken.push(`${nameOf(cell)}: ${message}`)
        print(`✗ ${nameOf(cell)}: ${message.split('\n')[0]}`)
      }
    }
    const restored = await household.restoreAll()
    print(`${kept} of ${cells.length} places kept every promise; all ${restored} restore points restored, and equal\n`)
    return { kept, restored, broken }
  } finally {
    await household.remove()
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const nameOf = ({ fault, moment, step }: Cell): string => `${fault.name} ${moment} ${step}`

const widths = [34, 12, 42, 44]
const columns = (texts: readonly string[]): string =>
  texts
    .map((text, index) => text.padEnd(widths[index] ?? 0))
    .join(' ')
    .trimEnd()
const head = `\n${columns(['fault', 'the run', 'components', 'told', 'healed by the next run'])}`

const row = ({ cell, ending, outcomes, alert, healed }: CellResult): string =>
  columns([`✓ ${nameOf(cell)}`, ending, outcomes, alert.replaceAll(/[*\\]/g, '').slice(0, 44), healed.join(', ')])
