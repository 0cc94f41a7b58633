import type { ComponentStatus, StatusReport } from '../../contract/status.ts'
import type { Instant } from '../../domain/clock.ts'

/** One family of metrics: all are gauges, for each of them may go down. */
interface Family {
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  /** What is not known has no sample: a missing series can be alarmed on, and a zero would be a lie. */
  readonly value: number | undefined
}

/** What a status knows, in the text format that the textfile collector of node_exporter reads. */
export function prometheusText(report: StatusReport): string {
  const families = [...componentFamilies(report), ...archivingFamilies(report), ...siteFamilies(report)]
  return families.map(familyText).join('')
}

function componentFamilies({ site, components, at }: StatusReport): Family[] {
  const family = (name: string, help: string, valueOf: (component: ComponentStatus) => number | undefined): Family => ({
    name: `holdfast_component_${name}`,
    help,
    samples: components.map((one) => ({ labels: { site, component: one.component }, value: valueOf(one) })),
  })
  const endOf = ({ lastStep }: ComponentStatus) => lastStep && lastStep.beganAt + lastStep.durationMs
  return [
    family('healthy', '1 when every objective of the component is met on evidence that is not old, else 0.', ({ healthy }) =>
      Number(healthy),
    ),
    family('newest_restore_point_timestamp_seconds', 'When the newest good restore point was complete.', ({ newestPoint }) =>
      seconds(newestPoint?.at),
    ),
    family('possible_loss_seconds', 'How much of the newest work a crash now would lose at most.', ({ lossMs }) =>
      seconds(lossMs),
    ),
    family('agreed_loss_seconds', 'How much may be lost.', ({ lossLimitMs }) => seconds(lossLimitMs)),
    family('last_run_timestamp_seconds', 'When the last backup of the component ended, however it did.', (one) =>
      seconds(endOf(one)),
    ),
    family(
      'last_run_success',
      '1 when the last backup was done without a fault, else 0.',
      ({ lastStep }) => lastStep && Number(lastStep.outcome === 'done'),
    ),
    family('last_run_duration_seconds', 'How long the last backup took.', ({ lastStep }) => seconds(lastStep?.durationMs)),
    family(
      'daily_success_ratio',
      'Share of the last 30 days that have a good backup.',
      ({ days }) => days.filter(({ outcome }) => outcome === 'done').length / days.length,
    ),
    family('last_drill_timestamp_seconds', 'When the last drill of the component ended, however it did.', ({ drill }) =>
      seconds(drill?.at),
    ),
    family(
      'last_drill_success',
      '1 when the last drill passed, else 0.',
      ({ drill }) => drill && Number(drill.outcome === 'passed'),
    ),
    family(
      'last_drill_loss_seconds',
      'How much of the newest work was not in what the last drill brought back, at most.',
      ({ drill }) => seconds(drill?.lossMs),
    ),
    family(
      'last_restore_timestamp_seconds',
      'When all of it was last restored: by the last drill that passed, if there was one.',
      ({ recovery }) => seconds(recovery?.at),
    ),
    family('last_restore_duration_seconds', 'How long that took.', ({ recovery }) => seconds(recovery?.durationMs)),
    family('source_size_bytes', 'Size of the source at the last good backup.', ({ sourceBytes }) => sourceBytes),
    family(
      'repository_size_bytes',
      'Size of the repository, when it was last asked for.',
      ({ repositoryBytes }) => repositoryBytes,
    ),
    family(
      'daily_growth_bytes',
      'What a day of the last 30 added to the repository on average.',
      ({ addedPerDayBytes }) => addedPerDayBytes,
    ),
    family('deduplication_ratio', 'How many times more was backed up than was added, in the last 30 days.', ({ ratio }) => ratio),
    family(
      'recovery_window_end_timestamp_seconds',
      'The last instant that a database is seen to be restorable to.',
      ({ windows }) => seconds(windows?.at(-1)?.to),
    ),
    family(
      'points_age_seconds',
      'How long ago the engine was asked for its restore points.',
      ({ askedAt }) => askedAt && seconds(at - askedAt),
    ),
  ]
}

function archivingFamilies({ site, watch }: StatusReport): Family[] {
  const archiving = watch?.archiving ?? []
  const labels = (component: string) => ({ site, component })
  return [
    {
      name: 'holdfast_wal_waiting_segments',
      help: 'Segments of WAL that were finished and not archived, when the last watch looked.',
      samples: archiving.map(({ component, waitingSegments }) => ({ labels: labels(component), value: waitingSegments })),
    },
    {
      name: 'holdfast_wal_last_archived_timestamp_seconds',
      help: 'When the last segment of WAL was archived.',
      samples: archiving.map(({ component, lastArchivedAt }) => ({ labels: labels(component), value: seconds(lastArchivedAt) })),
    },
  ]
}

function siteFamilies({ site, at, rtoMs, nextBackupAt, nextDrillAt, watch, notices }: StatusReport): Family[] {
  const family = (name: string, help: string, value: number | undefined): Family => ({
    name: `holdfast_${name}`,
    help,
    samples: [{ labels: { site }, value }],
  })
  return [
    family('agreed_outage_seconds', 'How long it may take until everything is back.', seconds(rtoMs)),
    family('next_run_timestamp_seconds', 'When the next run is due.', seconds(nextBackupAt)),
    family('next_drill_timestamp_seconds', 'When the next drill is due.', seconds(nextDrillAt)),
    family('last_watch_timestamp_seconds', 'When a watch last looked.', seconds(watch?.at)),
    family('watch_findings', 'What the last watch found wrong with the machine, beside the components.', watch?.findings.length),
    family('open_incidents', 'What people were told to be wrong, and not yet to be over.', notices.open.length),
    family('waiting_notices', 'Notices that no channel took yet.', notices.waiting),
    family('status_timestamp_seconds', 'When these numbers were taken.', seconds(at)),
  ]
}

const seconds = (milliseconds: number | Instant | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1000

function familyText({ name, help, samples }: Family): string {
  const known = samples.flatMap(({ labels, value }) => (value === undefined ? [] : [{ labels, value }]))
  if (known.length === 0) return ''
  const lines = known.map(({ labels, value }) => `${name}{${labelsText(labels)}} ${value}`)
  return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n')
}

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll('"', String.raw`\"`)}"`)
    .join(',')

/** As the text format wants it in a help and in a label's value. */
const escaped = (text: string): string => text.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)
