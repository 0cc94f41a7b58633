import type { PointDifference } from '../../src/app/browse/browse-diff.ts'
import type { Found } from '../../src/app/browse/browse-find.ts'
import type { PathVersion, PathVersions } from '../../src/app/browse/browse-versions.ts'
import type { Listing } from '../../src/app/browse/browse.ts'
import type { PinOutcome } from '../../src/app/backup/pin.ts'
import type { PlannedStep } from '../../src/app/backup/plan-back-up.ts'
import type { RecoveryReport } from '../../src/app/recover/recovery-record.ts'
import type { RestoreOutcome } from '../../src/app/restore/request.ts'
import type { UnitReport } from '../../src/app/notify/alert.ts'
import type { JobTimes } from '../../src/app/timers/schedule.ts'
import type { StatusReport } from '../../src/app/status/status.ts'
import type { WatchReport } from '../../src/app/watch/watch.ts'
import { shownAnswer, shownPoint } from '../../src/cli/output/retention-json.ts'
import { instant } from '../../src/domain/clock.ts'
import { duration } from '../../src/domain/duration.ts'
import type { DrillReport } from '../../src/domain/drill.ts'
import { HoldfastError, type ErrorRecord } from '../../src/domain/errors.ts'
import type { Check } from '../../src/domain/evidence.ts'
import type { Money } from '../../src/domain/money.ts'
import type { RetentionResult, RunResult, StepResult } from '../../src/domain/events.ts'
import type { PlanItem } from '../../src/domain/plan.ts'
import type { RecoveryWindow, RestorePoint, UnreachableWal } from '../../src/domain/restore-point.ts'
import { bytes } from '../../src/domain/size.ts'
import type { Component, Site } from '../../src/domain/site.ts'
import type { Forecast } from '../../src/policy/retention-forecast.ts'
import type { PointSighting } from '../../src/state/point-cache.ts'

/** One example of each document that `--json` prints, with every field that its type knows: the compiler asks for one that is new. */

/** A type with all that may be absent present, so that an example can't leave anything out. */
type Whole<Type> = Type extends string | number | boolean
  ? Type
  : Type extends readonly (infer Item)[]
    ? readonly Whole<Item>[]
    : { readonly [Key in keyof Type]-?: Whole<Exclude<Type[Key], undefined>> }

const at = instant(Date.UTC(2026, 0, 26))

const error: Whole<ErrorRecord> = { code: 'locked', message: 'words', hint: 'words', detail: 'words' }

const price: Whole<Money> = { currency: 'AUD', amount: 0.05 }

const step: Whole<StepResult> & { ratio: number } = {
  component: 'website',
  engine: 'restic',
  outcome: 'done',
  from: ['/srv/website'],
  to: '/mnt/backup/pi-hosting/website',
  beganAt: at,
  durationMs: 1,
  attempts: 1,
  processedBytes: 3,
  processedFiles: 1,
  addedBytes: 2,
  ratio: 1.5,
  point: { id: '7be79a4b', kind: 'snapshot' },
  pin: { reason: 'words', keptBytes: 2, monthlyPrice: price },
  healed: ['words'],
  warnings: ['words'],
  errors: [error],
  sources: [{ path: '/srv/website', kind: 'directory', entries: 1, mounted: false, mounts: ['/srv/website/disk'] }],
}

const retentionResult: Whole<RetentionResult> = {
  component: 'website',
  outcome: 'done',
  removed: [{ point: '7be79a4b', reason: 'words' }],
  kept: 1,
  windowFrom: '20260126-030004F',
  durationMs: 1,
  error,
}

const run: Whole<RunResult> = {
  runId: '20260126T000000Z-5f1c',
  site: 'pi-hosting',
  outcome: 'done',
  beganAt: at,
  durationMs: 1,
  healed: ['words'],
  stoppedBy: 'SIGTERM',
  errors: [error],
  kit: { point: '7be79a4b', addedBytes: 2, durationMs: 1 },
  steps: [step],
  retention: [retentionResult],
  notices: [{ channel: 'discord', outcome: 'waits', reason: 'words' }],
}

const planned: Whole<Omit<PlannedStep, 'commands'>> & { commands: readonly string[] } = {
  component: 'website',
  reason: 'words',
  commands: ['restic backup'],
  secretFiles: ['/etc/holdfast/secrets/aws.env'],
}

const point: Whole<RestorePoint> = {
  id: '7be79a4b',
  kind: 'snapshot',
  beganAt: at,
  endedAt: at,
  sizeBytes: bytes(1),
  addedBytes: bytes(1),
  dependsOn: ['7be79a4b'],
  hasErrors: false,
  tags: ['words'],
  pin: 'words',
  timeline: 1,
  archive: 'words',
}

const recoveryWindow: Whole<RecoveryWindow> = {
  from: at,
  to: at,
  archivedAt: at,
  points: [point.id],
  timeline: 1,
  lastWal: 'words',
  brokenAfter: false,
  archive: 'words',
}

const unreachableWal: Whole<UnreachableWal> = {
  archive: 'words',
  timeline: 1,
  firstWal: 'words',
  lastWal: 'words',
  from: at,
  to: at,
}

const sighting: Whole<PointSighting> = {
  askedAt: at,
  points: [point],
  windows: [recoveryWindow],
  unreachable: [unreachableWal],
  repositoryBytes: 1,
}

const outcome: Whole<RestoreOutcome> = {
  component: 'database',
  point: point.id,
  pin: 'words',
  restoredTo: at,
  target: '/srv/restored',
  places: ['/srv/restored'],
  durationMs: 1,
  cluster: {
    majorVersion: '15',
    databases: [{ name: 'app', sizeBytes: 1 }],
    lastTransactionAt: '2026-01-26 06:30:04.512+00',
    endedBeforeTarget: false,
    lastHeartbeat: { at, writer: 'words' },
    namedAt: at,
  },
  lossAtMostMs: 1,
  kind: 'directory',
  sizeBytes: 1,
  downloadPrice: price,
  connection: 'words',
  lookInside: 'words',
  tables: [{ name: 'public.rows', rows: 1 }],
  setAside: ['/srv/before'],
  notes: ['words'],
}

const pointName = { id: point.id, at }

const listing: Whole<Listing> = {
  component: 'website',
  point: pointName,
  path: '/srv/website',
  kind: 'folder',
  entries: [{ path: '/srv/website/index.html', kind: 'file', sizeBytes: bytes(1), modifiedAt: at, linkTarget: 'words' }],
  more: 1,
}

const found: Whole<Found> = {
  component: 'website',
  pattern: '*.html',
  searched: 1,
  paths: [
    {
      path: '/srv/website/index.html',
      kind: 'file',
      sizeBytes: bytes(1),
      modifiedAt: at,
      points: 1,
      newest: pointName,
      oldest: pointName,
      versions: 1,
    },
  ],
  more: 1,
}

const history: Whole<Omit<PathVersions, 'versions'>> & {
  versions: readonly (Whole<Omit<PathVersion, 'restore'>> & { restore: string })[]
} = {
  component: 'website',
  path: '/srv/website/index.html',
  versions: [
    {
      kind: 'file',
      sizeBytes: bytes(1),
      modifiedAt: at,
      linkTarget: 'words',
      points: 1,
      newest: pointName,
      oldest: pointName,
      restore: 'holdfast restore',
    },
  ],
}

const amount = { files: 1, folders: 1, sizeBytes: bytes(1) }

const difference: Whole<PointDifference> = {
  component: 'website',
  before: pointName,
  after: pointName,
  changes: [{ change: 'added', path: '/srv/website/index.html', folder: false, beforeBytes: bytes(1), afterBytes: bytes(1) }],
  more: 1,
  totals: { modifiedFiles: 1, added: amount, removed: amount },
}

const pinned: Whole<PinOutcome> = {
  component: 'website',
  point: '7be79a4b',
  previousPoint: '4bba301e',
  at,
  reason: 'words',
  previousReason: 'words',
  keptBytes: 1,
  monthlyPrice: price,
}

const drillReport: Whole<DrillReport> = {
  site: 'pi-hosting',
  outcome: 'failed',
  beganAt: at,
  durationMs: 1,
  healed: ['words'],
  drills: [
    {
      component: 'database',
      engine: 'pgbackrest',
      outcome: 'failed',
      beganAt: at,
      durationMs: 1,
      point: { id: point.id, kind: 'full', endedAt: at },
      recoveryMs: 1,
      lossMs: 1,
      sizeBytes: 1,
      entries: 1,
      assertions: [{ what: 'words', holds: false, said: 'words' }],
      notes: ['words'],
      error,
    },
  ],
  errors: [error],
  notices: [{ channel: 'discord', outcome: 'waits', reason: 'words' }],
}

const recovered: Whole<RecoveryReport> = {
  site: 'pi-hosting',
  whole: true,
  durationMs: 1,
  steps: [
    { step: 'foundry', what: 'words', done: true, beganAt: '2026-01-26T00:00:00.000Z', durationMs: 1, evidence: ['words'] },
  ],
}

const check: Whole<Check> = { kind: 'archiving', component: 'database', said: 'words', seenAt: at, since: at, error }

const watched: Whole<WatchReport> = {
  site: 'pi-hosting',
  at,
  checks: [check],
  asked: [{ component: 'database', reason: 'words' }],
  cured: [{ component: 'database', exitCode: 3 }],
  deliveries: [{ channel: 'discord', outcome: 'delivered', reason: 'words' }],
}

const report: Whole<StatusReport> = {
  site: 'pi-hosting',
  at,
  unfinishedSince: at,
  components: [
    {
      component: 'database',
      engine: 'pgbackrest',
      newestPoint: { id: point.id, at },
      ageMs: 1,
      windows: [recoveryWindow],
      unreachable: [unreachableWal],
      askedAt: at,
      lossMs: 1,
      lossLimitMs: 1,
      recovery: { at, durationMs: 1 },
      drill: { at, outcome: 'passed', lossMs: 1 },
      sourceBytes: 1,
      repositoryBytes: 1,
      addedPerDayBytes: 1,
      ratio: 1.5,
      lastStep: step,
      pins: [{ id: point.id, at, reason: 'words', keptBytes: 1 }],
      outcomes: ['done'],
      days: [{ date: '2026-01-26', outcome: 'done' }],
      retentionLeft: { at, error },
      checks: [check],
      healthy: true,
      staleness: 'words',
    },
  ],
  rtoMs: 1,
  nextBackupAt: at,
  nextDrillAt: at,
  watch: {
    at,
    archiving: [{ component: 'database', said: 'words', waitingSegments: 1, lastArchivedAt: at }],
    findings: [check],
  },
  notices: {
    waiting: 1,
    waitingSince: at,
    open: [{ subject: 'run/logs', since: at }],
    givenUp: [{ channel: 'discord', reason: 'words' }],
  },
}

const item: Whole<PlanItem> = {
  action: 'set',
  subject: 'words',
  reason: 'words',
  detail: 'words',
  interrupts: 'words',
  byHand: true,
  afterwards: 'words',
}

const timer: Whole<JobTimes> = {
  name: 'backup',
  timer: 'holdfast-pi-hosting-backup.timer',
  command: ['holdfast', 'backup'],
  next: [{ at }],
  everyMs: 1,
  notes: ['words'],
}

const scheduled = { site: 'pi-hosting', timeZone: 'UTC', timers: [timer], dropIns: ['words'], notes: ['words'] }

const unitReport: Whole<UnitReport> = {
  unit: 'holdfast-pi-hosting-backup.service',
  result: 'timeout',
  isToldAlready: false,
  finding: { subject: 'words', component: 'website', since: at, error },
}

type ShownComponent = Whole<Omit<Component, 'name' | 'location'>> & { readonly repository: string }
type ShownSite = Whole<Omit<Site, 'components' | 'storage'>> & {
  readonly storage: Whole<Site['storage']>
  readonly components: Readonly<Record<string, ShownComponent>>
}

const shownDatabase: ShownComponent = {
  source: {
    kind: 'postgres',
    dataDirectory: '/var/lib/postgresql/data',
    container: { name: 'db', runtime: 'docker', user: 'postgres', findsData: true },
    port: 5432,
    socketDirectory: '/var/run/postgresql',
    user: 'postgres',
    database: 'postgres',
    full: 'monthly',
    between: 'differential',
    processes: 2,
    heartbeat: true,
  },
  retention: 'forever',
  deadline: duration(24, 'h'),
  drill: { queries: [{ query: 'words', database: 'app', is: 't' }], mustExist: ['/srv/website/index.html'] },
  repository: '/mnt/backup/pi-hosting/database',
}

const shownSite: ShownSite = {
  name: 'pi-hosting',
  timeZone: 'Australia/Perth',
  file: '/etc/holdfast/holdfast.yaml',
  storage: { kind: 'directory', path: '/mnt/backup' },
  secretsDirectory: '/etc/holdfast/secrets',
  engines: { restic: 'restic', pgbackrest: 'pgbackrest' },
  patience: duration(3, 'm'),
  objectives: { rpo: duration(30, 'm'), rto: duration(2, 'h') },
  budget: { monthly: 4.5, currency: 'AUD', usdPerUnit: 0.65, taxPercent: 7.5 },
  notify: [
    { kind: 'discord', name: 'ops', events: ['failure'], mention: { user: '80351110224678912', role: '165511591545143296' } },
    { kind: 'webhook', name: 'home', events: ['failure'], caFile: '/etc/holdfast/home-ca.pem' },
    { kind: 'ping', name: 'healthchecks', signals: ['success'], caFile: '/etc/holdfast/home-ca.pem' },
  ],
  schedule: { backup: '03:00', drill: 'monthly', heartbeat: 'monthly', summary: 'never' },
  contacts: ['words'],
  components: { NAME: shownDatabase },
}

const bucketStorage: ShownSite['storage'] = {
  kind: 's3',
  host: 's3.example.org',
  port: 443,
  bucket: 'my-backups',
  region: 'ap-southeast-2',
  pathStyle: true,
  caFile: '/etc/holdfast/storage-ca.pem',
  prefix: 'backups',
  prices: { usdPerGbMonth: 0.015, usdPerGbDownloaded: 0.09, freeGbDownloaded: 1.5, usdPerThousandGets: 0.0004 },
}

const shownFiles: ShownComponent = {
  ...shownDatabase,
  source: { kind: 'files', paths: ['/srv/website'], exclude: ['*.tmp'], oneFileSystem: false },
  retention: { last: 7, hourly: 24, daily: 30, weekly: 8, monthly: 'forever', yearly: 'forever', within: duration(7, 'd') },
}

const retained = {
  plan: {
    keep: [{ point, reasons: [{ cause: 'daily', text: 'words' }] }],
    remove: [{ point, reason: 'words' }],
    windowFrom: point,
  },
  steps: [{ at, points: 1, addedBytes: 1 }],
  points: [point],
} satisfies Whole<Forecast>

const keptAndRemoved = shownAnswer(
  {
    component: { name: 'database' } as Component,
    plannedAt: at,
    points: [point],
    plan: retained.plan,
    refusals: [new HoldfastError('locked', 'words')],
  },
  retained,
)

/** Sections of docs/json-output.md with all documents that they describe. */
export const sections: Readonly<Record<string, readonly object[]>> = {
  backup: [{ run }],
  'backup --dry-run': [{ site: 'pi-hosting', steps: [planned] }],
  points: [
    {
      site: 'pi-hosting',
      timeZone: 'UTC',
      components: [
        { component: 'database', ...sighting },
        { component: 'foundry', error },
      ],
    },
  ],
  'browse list': [{ listing }],
  'browse find': [{ found }],
  'browse versions': [{ history }],
  'browse diff': [{ difference }],
  'points pin': [{ pin: pinned }],
  'points unpin': [{ pin: { ...pinned, reason: undefined } }],
  drill: [{ drill: drillReport }],
  restore: [
    { restore: outcome },
    { stopped: { component: 'database', folder: '/srv/while' } },
    { undone: { component: 'database', said: 'words' } },
  ],
  recover: [{ recover: recovered }],
  status: [{ status: report }],
  watch: [{ watch: watched }],
  'retention plan': [
    {
      site: 'pi-hosting',
      timeZone: 'UTC',
      components: [keptAndRemoved, shownAnswer({ component: { name: 'foundry' } as Component, error })],
    },
  ],
  'retention apply': [{ site: 'pi-hosting', components: [retentionResult] }],
  'setup plan': [{ site: 'pi-hosting', items: [item], failures: [{ component: 'database', error }] }],
  'setup apply': [{ site: 'pi-hosting', applied: [item], postponed: [item] }],
  'schedule plan': [
    { ...scheduled, items: [item] },
    { site: 'pi-hosting', crontab: ['words'] },
  ],
  'schedule apply': [{ ...scheduled, applied: [item] }],
  'schedule remove': [{ ...scheduled, timers: [], applied: [item] }],
  alert: [{ alert: { ...unitReport, notices: run.notices } }],
  notify: [{ notify: { site: 'pi-hosting', kind: 'test', deliveries: run.notices } }],
  runbook: [{ site: 'pi-hosting', text: 'words', file: '/srv/RESTORE.md' }],
  'config check': [{ site: 'pi-hosting', file: '/etc/holdfast/holdfast.yaml', good: true }],
  'config show': [{ site: shownSite }, { site: { ...shownSite, storage: bucketStorage, components: { NAME: shownFiles } } }],
  Errors: [{ error: { ...error, exitCode: 11 } }],
  Step: [step],
  'Restore point': [point],
  'Recovery window': [recoveryWindow],
  'Kept point': [{ ...shownPoint(point), reasons: retained.plan.keep[0]?.reasons }],
  'Removed point': [{ ...shownPoint(point), reason: 'words' }],
  'Retention result': [retentionResult],
  'Unreachable WAL': [unreachableWal],
  'Plan item': [item],
  Check: [check],
  Price: [price, { unknown: 'words' }],
  Delivery: run.notices,
  Error: [error],
}
