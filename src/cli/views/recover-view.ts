import type { FetchedKit } from '../../app/kit/fetch-kit.ts'
import type { RecoveryOutcome } from '../../app/recover/session.ts'
import type { RecoveredStep, RecoveryRecord } from '../../state/recovery-record.ts'
import type { RecoverStep } from '../../app/recover/step.ts'
import { formatDuration } from '../../domain/duration.ts'
import { columns, padded, type Terminal } from '../output/terminal.ts'

/** All steps, with what each will do. */
export function recoveryPlanLines(
  site: string,
  kit: FetchedKit | undefined,
  location: string,
  steps: readonly RecoverStep[],
  record: RecoveryRecord,
  { paint }: Terminal,
): string[] {
  const from =
    kit === undefined
      ? 'without a recovery kit, from its configuration alone'
      : `from the recovery kit of ${kit.manifest.madeAt.slice(0, 16).replace('T', ' ')} UTC, made on ${kit.manifest.machine} with Holdfast ${kit.manifest.versions.holdfast}`
  const width = Math.max(...steps.map(({ id }) => id.length))
  return [
    `${paint('bold', `${site} · recover`)}  ${from}`,
    `  ${location}`,
    '',
    ...steps.flatMap(({ id, what, detail }) => [
      `  ${record.steps[id]?.endedAt === undefined ? '·' : paint('good', '✓')} ${padded(id, width)}  ${what}`,
      ...detail.map((line) => `    ${padded('', width)}  ${paint('dim', line)}`),
    ]),
    '',
  ]
}

export function recoveredLines(id: string, { durationMs = 0, evidence = [] }: RecoveredStep, { paint }: Terminal): string[] {
  const [first = 'done', ...more] = evidence
  return [`${paint('good', '✓')} ${id}  ${formatDuration(durationMs)}  ${first}`, ...more.map((line) => `    ${line}`)]
}

/** @param backupTime when the site's daily backup runs */
export function recoveryEndLines({ report, left }: RecoveryOutcome, backupTime: string, { paint }: Terminal): string[] {
  const { steps, whole, durationMs } = report
  const table = columns(
    steps.map((row) => [
      `  ${row.done ? paint('good', '✓') : paint('warn', '–')} ${row.step}`,
      row.durationMs === undefined ? '' : formatDuration(row.durationMs),
      row.evidence[0] ?? 'still to do',
    ]),
    ['left', 'right'],
  )
  if (!whole) {
    const missing = left.length > 0 ? left : steps.flatMap(({ done, step }) => (done ? [] : [step]))
    return ['', ...table, '', `  still to do: ${missing.join(', ')}; holdfast recover goes on from here`]
  }
  return [
    ...['', ...table, ''],
    `  everything is back, in ${formatDuration(durationMs)}. This machine makes no backups yet, and its databases archive nothing:`,
    `  the site still belongs to the machine before. When this is the live one, and the other is off for good:`,
    '',
    '    holdfast recover --take-over',
    '',
    `  It archives, backs up at once, and each day at ${backupTime} from then on.`,
  ]
}
