import { defined } from '../../domain/defined.ts'
import type { Postponed, SetUpOutcome } from '../../app/setup/apply.ts'
import type { Change, PlanItem } from '../../domain/plan.ts'
import type { View } from '../output/printer.ts'
import type { Terminal } from '../output/terminal.ts'

/** @param isPart some components could not be looked at */
export function setUpPlanLines(changes: readonly Change[], isPart: boolean, { paint }: Terminal): string[] {
  if (changes.length === 0) return [isPart ? 'nothing else to change' : 'nothing to change']
  const lines = changes.flatMap((change) => [
    `${paint('bold', change.action)} ${change.subject}`,
    `    ${change.reason}`,
    ...detailLines(change).map((line) => `    ${paint('dim', line)}`),
    ...(change.interrupts === undefined ? [] : [`    ${paint('warn', `! ${change.interrupts}`)}`]),
    ...(change.byHand
      ? [`    ${paint('warn', '! by hand: holdfast setup apply leaves it to you, and goes on when it is done')}`]
      : []),
    ...(change.afterwards === undefined ? [] : [`    ${change.afterwards}`]),
  ])
  return [
    ...lines,
    '',
    `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}; holdfast setup apply does exactly this${isPart ? ', once all components can be looked at' : ''}`,
  ]
}

/** A change that was made. */
export const changedLine =
  ({ action, subject }: Pick<Change, 'action' | 'subject'>): View =>
  ({ paint }) => [`${paint('good', '✓')} ${action} ${subject}`]

/** What a person should do after a change, so that it stays so. */
export const afterwardsLines = (changes: readonly Change[]): string[] =>
  changes.flatMap(({ afterwards }) => (afterwards === undefined ? [] : [`  ${afterwards}`]))

/** A change that was left for later, why, and how it is done. */
export function postponedLines({ change, waitsFor }: Postponed, { paint }: Terminal): string[] {
  const { action, subject, byHand, interrupts = '' } = change
  const why = waitsFor === undefined ? (byHand ? 'by hand' : interrupts) : `waits for: ${waitsFor.action} ${waitsFor.subject}`
  const head = `${paint('warn', '!')} still to do: ${action} ${subject} (${why})`
  if (waitsFor !== undefined) return [head]
  const again = byHand ? '  then: holdfast setup apply' : '  or: holdfast setup apply --yes'
  return [head, ...detailLines(change).map((line) => `  ${line}`), ...afterwardsLines([change]), again]
}

/** How it ended, where nothing was left for later. */
export function setUpEndLines({ wanted, postponed, archives }: SetUpOutcome): string[] {
  if (postponed.length > 0) return []
  return [`${wanted.length === 0 ? 'nothing to change' : 'all is set up'}${archives ? ', and archiving was seen to work' : ''}`]
}

const detailLines = ({ detail }: Change): string[] => detail?.split('\n') ?? []

/** A change as the JSON document shows it. */
export function shownItem({ action, subject, reason, detail, interrupts, byHand, afterwards }: Change): PlanItem {
  return {
    action,
    subject,
    reason,
    ...defined({ detail, interrupts, byHand, afterwards }),
  }
}
