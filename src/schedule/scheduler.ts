import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../domain/errors.ts'
import type { Job } from '../domain/job.ts'
import type { Change } from '../domain/plan.ts'
import type { Place } from '../places/place.ts'
import type { Scheduler, UnitPlan } from './port.ts'
import { createSystemctl, type Systemctl } from './systemctl.ts'
import { unifiedDiff } from '../domain/unified-diff.ts'
import { lastEndOf } from './unit-end.ts'
import { openUnitFolder, type UnitFolder } from './unit-folder.ts'
import { commandOf, jobUnit, missingReferences, unitsFor, type Installation, type Unit } from './unit-text.ts'
import { verifyUnits } from './verify-units.ts'

export interface SchedulerOptions {
  readonly installation: Installation
  /** Where units are written. */
  readonly folder: string
  readonly place: Place
  readonly signal: AbortSignal
}

/** Where systemd remembers when a timer with Persistent= fired last. */
const stampFolder = '/var/lib/systemd/timers'

/** sd_booted(3): systemd runs this machine when this folder is there. */
const isBooted = (): boolean => existsSync('/run/systemd/system')

/** The units of one site, as files of systemd. */
export function createScheduler({ installation, folder: path, place, signal }: SchedulerOptions): Scheduler {
  const { site } = installation
  const folder = openUnitFolder(path, site)
  const systemctl = createSystemctl(place, signal)
  const world = { folder, systemctl, place, installation }
  return {
    plan: (jobs) => planUnits(world, jobs),
    planRemoval: () => planRemoval(world),
    timerOf: ({ name }) => jobUnit(site, name, 'timer'),
    commandOf: (job) => commandOf(installation, job),
    environment: installation.environment,
    requireControl: () => requireControl(place),
    lastEnd: (unit) => lastEndOf(systemctl, unit),
  }
}

interface World {
  readonly folder: UnitFolder
  readonly systemctl: Systemctl
  readonly place: Place
  readonly installation: Installation
}

async function planUnits(world: World, jobs: readonly Job[]): Promise<UnitPlan> {
  const { folder, installation } = world
  const wanted = unitsFor(installation, jobs)
  const missing = missingReferences(wanted)
  if (missing.length > 0) throw new HoldfastError('unit-invalid', `units name ${missing.join(', ')}, which is none of them`)
  const files = wanted.map((unit) => ({ unit, before: folder.read(unit.name) }))
  const changed = files.filter(({ unit, before }) => before !== unit.text)
  const unwanted = folder.ours().filter((name) => wanted.every((unit) => unit.name !== name))
  const faultsOfOthers = changed.length > 0 ? await verifyUnits(world, wanted) : []
  const timers = wanted.filter(({ name }) => name.endsWith('.timer'))
  const changes = [
    ...unwanted.filter(isTimer).map((name) => disableChange(world, name, 'the configuration asks for it no more')),
    ...changed.map(({ unit, before }) => writeChange(folder, unit, before)),
    ...unwanted.map((name) => removeFileChange(folder, name, 'the configuration asks for it no more')),
  ]
  const begin = await timersToBegin(
    world,
    timers,
    changed.map(({ unit }) => unit.name),
  )
  const reload = changes.length > 0 || (await needsReload(world, wanted)) ? [reloadChange(world)] : []
  return {
    changes: [...changes, ...reload, ...begin],
    dropIns: folder.dropInsOf([...wanted.map(({ name }) => name), ...unwanted]),
    notes: [
      ...notesOf(installation),
      ...faultsOfOthers.map((fault) => `not a unit of ours, but one that ours lean on: ${fault}`),
    ],
  }
}

async function planRemoval(world: World): Promise<UnitPlan> {
  const { folder, systemctl } = world
  const units = folder.ours()
  const reason = 'nothing of this site shall happen by itself any more'
  const services = units.filter((name) => name.endsWith('.service') && !name.includes('@'))
  const forget: Change = {
    ...reloadChange(world),
    apply: async () => {
      await systemctl.control('daemon-reload')
      // A failure that nobody will repeat would be listed until the next boot.
      await systemctl.run('systemctl', 'reset-failed', ...units.filter(isTimer), ...services)
    },
  }
  return {
    changes: [
      ...units.filter(isTimer).map((name) => disableChange(world, name, reason)),
      ...units.map((name) => removeFileChange(folder, name, reason)),
      ...(units.length === 0 ? [] : [forget]),
    ],
    dropIns: folder.dropInsOf(units),
    notes: [],
  }
}

const isTimer = (name: string): boolean => name.endsWith('.timer')

function writeChange(folder: UnitFolder, unit: Unit, before: string | undefined): Change {
  const path = folder.pathOf(unit.name)
  return {
    action: before === undefined ? 'create' : 'update',
    subject: path,
    reason: before === undefined ? 'the configuration asks for it' : 'it is not what the configuration asks for',
    detail: unifiedDiff(before ?? '', unit.text, [before === undefined ? '/dev/null' : path, path]),
    apply: async () => folder.write(unit),
  }
}

function removeFileChange(folder: UnitFolder, name: string, reason: string): Change {
  const path = folder.pathOf(name)
  return { action: 'remove', subject: path, reason, apply: async () => folder.remove(name) }
}

const reloadChange = ({ systemctl }: World): Change => ({
  action: 'reload',
  subject: 'systemd',
  reason: 'it reads its units only when it is told to',
  detail: 'systemctl daemon-reload',
  apply: () => systemctl.control('daemon-reload'),
})

function disableChange({ systemctl }: World, name: string, reason: string): Change {
  return {
    action: 'disable',
    subject: name,
    reason,
    detail: `systemctl disable --now ${name}`,
    apply: async () => {
      await systemctl.control('disable', '--now', name)
      // Else a timer that comes back in a year would believe that it had missed a year.
      rmSync(join(stampFolder, `stamp-${name}`), { force: true })
    },
  }
}

/** Timers that don't run, and those that run as they were before. */
async function timersToBegin(
  { folder, systemctl }: World,
  timers: readonly Unit[],
  changed: readonly string[],
): Promise<Change[]> {
  const states = isBooted()
    ? await systemctl.show(
        timers.map(({ name }) => name),
        ['ActiveState'],
      )
    : new Map<string, never>()
  return timers.flatMap(({ name }): Change[] => {
    const runs = states.get(name)?.['ActiveState'] === 'active'
    if (!runs || !folder.isEnabled(name)) {
      const reason = folder.isEnabled(name) ? 'it does not run' : 'it would not run after the next boot'
      const detail = `systemctl enable --now ${name}`
      return [{ action: 'enable', subject: name, reason, detail, apply: () => systemctl.control('enable', '--now', name) }]
    }
    if (!changed.includes(name)) return []
    const detail = `systemctl restart ${name}`
    return [
      {
        action: 'restart',
        subject: name,
        reason: 'it runs as it was before',
        detail,
        apply: () => systemctl.control('restart', name),
      },
    ]
  })
}

/** An apply that was killed may have written all units, and told nobody. */
async function needsReload({ systemctl }: World, units: readonly Unit[]): Promise<boolean> {
  if (!isBooted()) return false
  const states = await systemctl.show(
    units.filter(({ name }) => !name.includes('@')).map(({ name }) => name),
    ['NeedDaemonReload'],
  )
  return [...states.values()].some((state) => state['NeedDaemonReload'] === 'yes')
}

function notesOf({ inhibit, waitForClock, usesPodman }: Installation): string[] {
  return [
    ...(isBooted() ? [] : ['systemd does not run this machine: holdfast schedule plan --cron prints lines for cron instead']),
    ...(usesPodman ? ['podman enters containers with all of root’s powers, so what runs it is not walled in'] : []),
    ...(inhibit === undefined ? ['systemd-inhibit is not installed: this machine may fall asleep during a backup'] : []),
    ...(waitForClock === undefined
      ? ['systemd-time-wait-sync is not installed: after a boot, a backup may begin before the clock is right']
      : []),
  ]
}

function requireControl(place: Place): void {
  if (!isBooted() || place.find('systemctl') === undefined) {
    throw new HoldfastError('program-missing', 'systemd does not run this machine', {
      hint: 'holdfast schedule plan --cron prints lines for cron instead',
    })
  }
  if (process.getuid?.() !== 0)
    throw new HoldfastError('not-root', 'only root may change units of systemd', { hint: 'run it with sudo' })
}
