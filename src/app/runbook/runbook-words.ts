import type { Instant } from '../../domain/clock.ts'
import type { Instruction } from '../../domain/instruction.ts'
import type { Site } from '../../domain/site.ts'
import { shellWord } from '../../places/command-text.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { shellBlock } from './markdown.ts'

/** The first line says who wrote the file: `holdfast runbook` writes over none that begins otherwise. */
export const runbookMark = '<!-- Written by holdfast runbook; changes made here are lost with the next one. -->'

/** What every command of ours needs where the configuration isn't in its usual place. */
export const configOption = ({ file }: Pick<Site, 'file'>): string =>
  file === '/etc/holdfast/holdfast.yaml' ? '' : ` --config ${shellWord(file)}`

/** A time that `restore --at` takes back. */
export const stamp = (at: Instant, { timeZone }: Pick<Site, 'timeZone'>): string => formatLocalStamp(at, timeZone)

export function instructionText({ title, command, expect, otherwise, instead = [] }: Instruction, step: number): string {
  return [
    `#### Step ${step}. ${title}`,
    shellBlock(command),
    `You should see: ${expect}`,
    `If not: ${otherwise}`,
    ...instead.flatMap((other) => [`Instead of this step. ${other.wish}:`, shellBlock(other.command)]),
  ].join('\n\n')
}
