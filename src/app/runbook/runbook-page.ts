import { join } from 'node:path'
import type { SecretVariable } from '../../domain/command.ts'
import { formatDuration, writeDuration } from '../../domain/duration.ts'
import { locationText } from '../../domain/repository.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { isDatabase, type Site } from '../../domain/site.ts'
import { formatSize } from '../../domain/size.ts'
import { code, plain, shellBlock, table } from './markdown.ts'
import { newMachineSection, prepareSection } from './runbook-preparation.ts'
import { configOption, instructionText, runbookMark, stamp } from './runbook-words.ts'
import { restoreFolder, type RunbookComponent, type RunbookFacts } from './runbook-facts.ts'

/** RESTORE.md out of facts, for somebody who is new, alone and awake at night. */
export function runbookPage(facts: RunbookFacts): string {
  const sections = [
    firstPage(facts),
    newMachineSection(facts),
    prepareSection(facts),
    ...facts.components.map((one, index) => componentSection(facts, one, index)),
    afterSection(facts),
    originSection(facts),
  ]
  return `${sections.flat().join('\n\n')}\n`
}

function firstPage(facts: RunbookFacts): string[] {
  const { site } = facts.context
  const { contacts, objectives, timeZone } = site
  return [
    runbookMark,
    `# Restore ${site.name}`,
    `How to get back what was on ${code(site.name)}. Nothing on this page changes the backups. Agreed is to be back within **${writeDuration(objectives.rto)}**, with at most **${writeDuration(objectives.rpo)}** of work lost. Times are those of ${timeZone}.`,
    '## 1. First',
    [
      '1. **Delete nothing.** Do not reinstall, clean up or format. If something is still deleting or encrypting data, unplug the network.',
      `2. **Tell somebody.** ${contacts.length === 0 ? 'No contacts are in the configuration (`contacts:` in holdfast.yaml).' : ''}`.trim(),
      ...contacts.map((contact) => `   - ${plain(contact)}`),
      `3. **Get the keys** (table below). Without the passphrase nobody can restore anything.`,
      '4. **Find your row, and go there.** You always restore into a new folder first, look at it, and only then put it in place.',
    ].join('\n'),
    table(
      ['What happened', 'What to do'],
      [
        [
          'Data is lost or wrong, the machine works',
          'type the command of the component in the next table, on that machine, as root; then go to “Put it in its place” in its part',
        ],
        [
          'The machine is gone, and you can install Holdfast on a new one',
          '**part 2**: `holdfast recover` asks for the keys and does the rest, step by step',
        ],
        [
          'There is no Holdfast, or it does not work',
          '**part 3** once, then the part of each component: Debian and the engines alone',
        ],
      ],
    ),
    table(
      ['Component', 'Restore the newest into a new folder', 'Newest known', 'A restore took'],
      facts.components.map((one) => [
        `**${one.component.name}**`,
        code(`holdfast restore ${one.component.name} --to ${restoreFolder}/${one.component.name}${configOption(site)}`),
        newestText(one, site),
        one.restored === undefined
          ? 'no evidence'
          : `${formatDuration(one.restored.durationMs)} ${one.restored.isDrill ? 'in the drill of' : 'on'} ${stamp(one.restored.at, site)}`,
      ]),
    ),
    `For another moment add ${code("--at '2026-01-26 14:30:05'")} (${timeZone}); ${code(`holdfast points${configOption(site)}`)} shows what there is.`,
    `The backups lie in ${storageText(site)}. To open them:`,
    table(['Key', 'What it opens', 'Where it lies'], keyRows(facts)),
    'Keys are never in this page. Where the machine is gone with its files, the passphrase is where somebody put it at the beginning: a password manager, a sealed envelope, one of the people above. New keys of the bucket can be made by whoever owns the account there; a new passphrase cannot.',
  ].filter((text) => text !== '')
}

function newestText({ sighting, lastStep }: RunbookComponent, site: Site): string {
  const newest = sighting?.points.at(-1)
  const at = sighting?.windows?.at(-1)?.to ?? newest?.endedAt ?? lastStep?.beganAt
  return at === undefined ? 'no backup is known' : stamp(at, site)
}

function storageText({ name, storage }: Site): string {
  if (storage.kind === 'directory') return `the folder ${code(join(storage.path, name))} of a disk that this machine has mounted`
  const { bucket, host, port, prefix } = storage
  return `the bucket ${code(bucket)} at ${code(port === 443 ? host : `${host}:${port}`)}, below ${code([prefix, name].filter((part) => part !== undefined).join('/'))}`
}

function keyRows({ context }: RunbookFacts): string[][] {
  const { site } = context
  const place = (name: SecretVariable) => {
    const file = context.secretFileOf(name)
    return file === undefined ? `environment variable ${code(name)} of the machine` : code(file)
  }
  const rows = [['the passphrase', 'all repositories', place('RESTIC_PASSWORD')]]
  if (site.storage.kind === 's3') {
    rows.push([
      `${code('AWS_ACCESS_KEY_ID')} and ${code('AWS_SECRET_ACCESS_KEY')}`,
      `the bucket ${code(site.storage.bucket)}`,
      place('AWS_SECRET_ACCESS_KEY'),
    ])
  }
  return rows
}

function componentSection(facts: RunbookFacts, one: RunbookComponent, index: number): string[] {
  const { component, byHand, restoring, puttingBack } = one
  const part = index + 4
  const steps = [...restoring, ...puttingBack].map((instruction, step) => instructionText(instruction, step + 1))
  return [
    `## ${part}. ${component.name}, without Holdfast`,
    componentFacts(facts, one).join('\n'),
    `Part 3 comes first, once: packages, storage, secrets. Every command is for the same shell of root; ${byHand.oldestVersion} is the oldest ${one.engine.name} that these were written for.`,
    '### Restore, and look at it',
    ...steps.slice(0, restoring.length),
    '### Put it in its place',
    ...steps.slice(restoring.length),
  ]
}

function componentFacts({ context }: RunbookFacts, one: RunbookComponent): string[] {
  const { component, engine, restored, lastStep } = one
  const { site } = context
  const { location } = component
  return [
    ...sourceFacts(one),
    `- **Where:** the ${engine.name} repository ${code(locationText(location))}${location.kind === 's3' ? ` at ${code(`${location.host}:${location.port}`)}, region ${code(location.region)}, the bucket in the ${location.pathStyle ? 'path' : 'host name'}` : ''}`,
    `- **Keys:** the passphrase${site.storage.kind === 's3' ? ', and the keys of the bucket' : ''}, as on the first page`,
    `- **Written by:** ${engine.name} ${engine.version ?? '(not installed where this page was made)'}`,
    ...restorableFacts(one, site),
    ...(lastStep?.processedBytes === undefined
      ? []
      : [`- **Size:** ${formatSize(lastStep.processedBytes)}; have half as much again free`]),
    restored === undefined
      ? '- **How long:** no evidence: no restore of it has been noted in the last 400 days'
      : `- **How long:** ${formatDuration(restored.durationMs)}, with Holdfast, ${restored.isDrill ? 'in the drill of' : 'on'} ${stamp(restored.at, site)}`,
  ]
}

function sourceFacts({ component, cluster }: RunbookComponent): string[] {
  if (!isDatabase(component)) {
    return [
      `- **What:** ${component.source.paths.map(code).join(', ')}`,
      ...(component.source.exclude.length === 0 ? [] : [`- **Left out:** ${component.source.exclude.map(code).join(', ')}`]),
    ]
  }
  return [
    `- **What:** the PostgreSQL cluster in ${code(component.source.dataDirectory)}${component.source.container === undefined ? '' : ` of container ${code(component.source.container.name)}`}, with all its databases, owned by ${code(cluster?.user ?? 'postgres')}, superuser ${code(component.source.user)}${component.source.port === undefined ? '' : `, port ${component.source.port}`}`,
    cluster?.majorVersion === undefined
      ? '- **Needs:** the major version of PostgreSQL that `PG_VERSION` names in what is restored, and its package'
      : `- **Needs:** PostgreSQL ${cluster.majorVersion}, package ${code(`postgresql-${cluster.majorVersion}`)}; no other major version can start it`,
  ]
}

function restorableFacts({ sighting }: RunbookComponent, site: Site): string[] {
  if (sighting === undefined) return ['- **Restorable:** not known where this page was made']
  const newest = sighting.points.at(-1)
  return [
    `- **Restorable:** ${sighting.points.length} restore ${sighting.points.length === 1 ? 'point' : 'points'}${newest === undefined ? '' : `, the newest ${code(shortPointId(newest.id))} of ${stamp(newest.endedAt, site)}`}; asked ${stamp(sighting.askedAt, site)}`,
    ...sighting.points.flatMap(({ id, pin, endedAt }) =>
      pin === undefined ? [] : [`  - pinned: ${code(shortPointId(id))} of ${stamp(endedAt, site)}: ${plain(pin)}`],
    ),
    ...(sighting.windows ?? []).map((window) => `  - any second from ${stamp(window.from, site)} to ${stamp(window.to, site)}`),
  ]
}

function afterSection({ components, context }: RunbookFacts): string[] {
  const files = components
    .filter(({ component }) => isDatabase(component))
    .map(({ component }) => `${restoreFolder}/${component.name}.conf`)
  return [
    `## ${components.length + 4}. Afterwards`,
    [
      ...(files.length === 0 ? [] : [`- Remove what holds secrets: ${code(`rm -f ${files.join(' ')}`)}, and close this shell.`]),
      '- A restored database **does not archive**: it stays without new backups until you say so. When this is the live machine again, and no other one writes to these repositories:',
    ].join('\n'),
    shellBlock(`holdfast setup plan${configOption(context.site)}`),
    shellBlock(`holdfast setup apply${configOption(context.site)}`),
    shellBlock(`holdfast backup${configOption(context.site)}`),
    'The last one should end with a `✓` before every component.',
  ]
}

function originSection({ asOf, components, context }: RunbookFacts): string[] {
  const versions = [...new Map(components.map(({ engine }) => [engine.name, engine.version ?? 'not installed'])).entries()]
  const run =
    asOf === undefined
      ? 'no run has been noted yet'
      : `the newest run that it knows of ended ${stamp(asOf, context.site)} (${context.site.timeZone})`
  return [
    `Made by Holdfast ${context.version} from ${code(context.site.file)}; ${versions.map(([name, version]) => `${name} ${version}`).join(', ')}; ${run}.`,
  ]
}
