import { duration } from '../domain/duration.ts'
import { exitCodes } from '../domain/exit-codes.ts'
import type { Job } from '../domain/job.ts'
import { argumentWord, calendarExpression, commandLine, siteWord, timeSpan, unitWord } from './unit-words.ts'

/** Where Holdfast and its site are on this machine, and what there is of systemd beside it. */
export interface Installation {
  readonly site: string
  /** holdfast.yaml. */
  readonly configuration: string
  readonly node: string
  readonly script: string
  /** Variables that move folders of Holdfast elsewhere. */
  readonly environment: Readonly<Record<string, string>>
  /** The folders that runs write into: of all sites, and of a storage on this machine. */
  readonly state: string
  readonly cache: string
  readonly runtime: string
  readonly storage: string | undefined
  /** Whether a container of podman may have to be entered. */
  readonly usesPodman: boolean
  /** systemd-inhibit and systemd-time-wait-sync, where they are. */
  readonly inhibit: string | undefined
  readonly waitForClock: string | undefined
}

/** A file below /etc/systemd/system. */
export interface Unit {
  readonly name: string
  readonly text: string
}

/** First line of every unit of a site, by which it is known as ours. */
export const markOf = (site: string): string =>
  `# Written by holdfast schedule apply for the site ${site}, which undoes changes made here: systemctl edit keeps yours apart.`

export const jobUnit = (site: string, job: string, kind: 'service' | 'timer'): string =>
  `holdfast-${siteWord(site)}-${job}.${kind}`

const alertTemplate = (site: string): string => `holdfast-${siteWord(site)}-alert@.service`
const alertOfUnit = (site: string): string => alertTemplate(site).replace('@', '@%n')

/** All units of a site: a timer and a service for each job, and what the services lean on. */
export function unitsFor(installation: Installation, jobs: readonly Job[]): Unit[] {
  const { site, inhibit, waitForClock } = installation
  const support = [
    ...(inhibit === undefined ? [] : [awakeUnit(installation, inhibit)]),
    ...(waitForClock === undefined ? [] : [clockUnit(installation, waitForClock)]),
  ]
  const units = jobs.flatMap((job) => [timerUnit(installation, job), serviceUnit(installation, job, support)])
  const isAnyHeavy = jobs.some(({ isHeavy }) => isHeavy)
  return [...units, ...(isAnyHeavy ? support : []), alertUnit(installation)].map(({ name, text }) => ({
    name,
    text: `${markOf(site)}\n${text}`,
  }))
}

/** The words of a command line of Holdfast, of this one and for this configuration. */
export const commandOf = ({ node, script, configuration }: Installation, { verb, options }: Job): readonly string[] => [
  node,
  script,
  ...verb,
  ...options,
  '--config',
  configuration,
]

type Line = readonly [key: string, value: string]

function textOf(sections: Readonly<Record<string, readonly Line[]>>): string {
  return Object.entries(sections)
    .map(([section, lines]) => `[${section}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join('')}`)
    .join('\n')
}

function timerUnit({ site }: Installation, { name, description, firing }: Job): Unit {
  const when: Line[] =
    firing.kind === 'calendar'
      ? [
          ['OnCalendar', calendarExpression(firing)],
          // A machine that was off at that time catches up when it is back.
          ['Persistent', 'true'],
          // Machines that share a storage don't all begin in the same second.
          ['RandomizedDelaySec', '5min'],
        ]
      : [
          ['OnBootSec', timeSpan(firing.afterBoot)],
          ['OnUnitActiveSec', timeSpan(firing.every)],
          ['AccuracySec', '10s'],
        ]
  return {
    name: jobUnit(site, name, 'timer'),
    text: textOf({
      Unit: [['Description', `When the ${description} of ${site} is due`]],
      Timer: when,
      Install: [['WantedBy', 'timers.target']],
    }),
  }
}

function serviceUnit(installation: Installation, job: Job, support: readonly Unit[]): Unit {
  const { site } = installation
  const leansOn = job.isHeavy ? support.map(({ name }) => name) : []
  const ordered = ['network-online.target', ...(job.isHeavy ? ['remote-fs.target', 'time-sync.target', ...leansOn] : [])]
  return {
    name: jobUnit(site, job.name, 'service'),
    text: textOf({
      Unit: [
        ['Description', `Holdfast: ${job.description} of ${site}`],
        ['Wants', ['network-online.target', ...leansOn].join(' ')],
        ['After', ordered.join(' ')],
        ['OnFailure', alertOfUnit(site)],
        // What is over has to be noticed too. What fires every few minutes would pay for that every few minutes.
        ...(job.firing.kind === 'interval' ? [] : ([['OnSuccess', alertOfUnit(site)]] as Line[])),
      ],
      Service: [
        ...processLines(installation, [...job.verb, ...job.options], job.longest),
        // Interrupted by somebody, or by a shutdown: that is no failure, and the next run goes on.
        ['SuccessExitStatus', [exitCodes.interrupted, ...job.fineExits].join(' ')],
        ...(job.isHeavy ? stepsAside : []),
        // podman has no daemon: what enters a container does it itself, with all of root's powers.
        ...(job.reachesData && installation.usesPodman ? [] : hardening(installation, job.restores)),
      ],
    }),
  }
}

function alertUnit(installation: Installation): Unit {
  const { site } = installation
  return {
    name: alertTemplate(site),
    text: textOf({
      Unit: [['Description', `Holdfast: how %i ended, for ${site}`]],
      Service: [...processLines(installation, ['alert', '%i'], duration(5, 'm')), ...hardening(installation)],
    }),
  }
}

/** A unit of its own, so that without logind nothing is missed but itself. It ends with the last one that wants it. */
function awakeUnit({ site }: Installation, inhibit: string): Unit {
  const words = [inhibit, '--what=sleep:shutdown', '--mode=block', '--who=Holdfast', `--why=backup of ${site}`]
  return {
    name: jobUnit(site, 'awake', 'service'),
    text: textOf({
      Unit: [
        ['Description', `Holdfast: no sleep and no shutdown while ${site} is being worked on`],
        ['StopWhenUnneeded', 'yes'],
      ],
      Service: [
        ['Type', 'exec'],
        ['ExecStart', `-${commandLine([...words, 'sleep', 'infinity'])}`],
        ['PrivateNetwork', 'yes'],
        ['CapabilityBoundingSet', ''],
        ['RestrictAddressFamilies', 'AF_UNIX'],
        ['ProtectSystem', 'strict'],
        ['ProtectHome', 'yes'],
        ['MemoryDenyWriteExecute', 'yes'],
        ...walls,
      ],
    }),
  }
}

/**
 * systemd's own systemd-time-wait-sync.service waits for ever, and then no backup would ever be made where nothing sets the
 * clock. This one gives up: a backup with a doubtful time is better than none.
 */
function clockUnit({ site }: Installation, waitForClock: string): Unit {
  return {
    name: jobUnit(site, 'clock', 'service'),
    text: textOf({
      Unit: [
        ['Description', `Holdfast: a true clock for ${site}, or ten minutes of waiting for it`],
        // The machine around a container sets the clock of both.
        ['ConditionVirtualization', '!container'],
      ],
      Service: [
        ['Type', 'oneshot'],
        ['ExecStart', `-${commandLine([waitForClock])}`],
        ['TimeoutStartSec', '10min'],
        ['PrivateNetwork', 'yes'],
        ['CapabilityBoundingSet', ''],
        ['RestrictAddressFamilies', 'none'],
        ['ProtectSystem', 'strict'],
        ['ProtectHome', 'yes'],
        ['MemoryDenyWriteExecute', 'yes'],
        ...walls,
      ],
    }),
  }
}

function processLines(installation: Installation, verb: readonly string[], longestMs: number): Line[] {
  const { node, script, configuration, environment } = installation
  return [
    ['Type', 'oneshot'],
    // The words of a verb and its options are ours, and go as they are: systemd fills in the unit that an alert is about.
    ['ExecStart', [commandLine([node, script]), ...verb, '--config', argumentWord(configuration)].join(' ')],
    ...Object.entries(environment).map(([name, value]): Line => ['Environment', unitWord(`${name}=${value}`)]),
    // Without it a oneshot may take for ever.
    ['TimeoutStartSec', timeSpan(longestMs)],
    // Holdfast is told to stop, and stops the engines itself, so that they can take back their locks.
    ['KillMode', 'mixed'],
    ['TimeoutStopSec', '2min'],
    // An engine that the kernel kills for want of memory fails its component, and not the run.
    ['OOMPolicy', 'continue'],
  ]
}

const stepsAside: readonly Line[] = [
  ['Nice', '19'],
  ['CPUSchedulingPolicy', 'batch'],
  ['IOSchedulingClass', 'best-effort'],
  ['IOSchedulingPriority', '7'],
  ['LogRateLimitIntervalSec', '0'],
]

/** What no process of ours ever needs. */
const walls: readonly Line[] = [
  ['NoNewPrivileges', 'yes'],
  ['LockPersonality', 'yes'],
  ['PrivateDevices', 'yes'],
  ['PrivateMounts', 'yes'],
  ['ProtectClock', 'yes'],
  ['ProtectControlGroups', 'yes'],
  ['ProtectHostname', 'yes'],
  ['ProtectKernelLogs', 'yes'],
  ['ProtectKernelModules', 'yes'],
  ['ProtectKernelTunables', 'yes'],
  ['RestrictNamespaces', 'yes'],
  ['RestrictRealtime', 'yes'],
  ['RestrictSUIDSGID', 'yes'],
  ['SystemCallArchitectures', 'native'],
  ['SystemCallFilter', '@system-service'],
  ['SystemCallFilter', '~@resources'],
  ['SystemCallErrorNumber', 'EPERM'],
]

/**
 * Root without most of its powers: it reads every file, becomes the owner of a database and gives files to them; it writes
 * only where state, cache and repositories are. Node compiles code while it runs, so memory stays writable and executable.
 * /tmp is the machine's own: PostgreSQL may have its socket there.
 */
function hardening({ state, cache, runtime, storage }: Installation, restores = false): Line[] {
  const writable = [state, cache, runtime, ...(storage === undefined ? [] : [storage]), '/tmp', '/var/tmp']
  return [
    // Where systemd has a word for them, it makes them too.
    ...(state === '/var/lib/holdfast' ? [['StateDirectory', 'holdfast'] as const] : []),
    ...(cache === '/var/cache/holdfast' ? [['CacheDirectory', 'holdfast'] as const] : []),
    // It keeps what it remembers when the run is over.
    ...(runtime === '/run/holdfast'
      ? ([
          ['RuntimeDirectory', 'holdfast'],
          ['RuntimeDirectoryPreserve', 'yes'],
        ] as Line[])
      : []),
    ['CapabilityBoundingSet', [...powers, ...(restores ? restoringPowers : [])].join(' ')],
    ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6'],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'read-only'],
    ['ReadWritePaths', writable.map((path) => unitWord(`-${path}`)).join(' ')],
    ...(restores ? walls.filter(([key]) => key !== 'RestrictSUIDSGID') : walls),
  ]
}

const powers = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_FOWNER', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID']

/** Without them a restored file would lose its set-group-id bit or its capabilities, and restic would fail. */
const restoringPowers = ['CAP_FSETID', 'CAP_SETFCAP']

/** Units that are named by others and are not there: systemd starts without them, and says nothing. */
export function missingReferences(units: readonly Unit[]): string[] {
  const names = new Set(units.map(({ name }) => name))
  const named = units.flatMap(({ name, text }) => [
    ...(name.endsWith('.timer') ? [name.replace(/timer$/, 'service')] : []),
    ...[...text.matchAll(/^(?:OnFailure|OnSuccess|Wants|After)=(.*)$/gm)].flatMap(([, list = '']) => list.split(' ')),
  ])
  return [...new Set(named)].filter((name) => name.startsWith('holdfast-') && !names.has(name.replace(/@.+(?=\.service$)/, '@')))
}
