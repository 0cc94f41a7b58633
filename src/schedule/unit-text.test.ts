import { describe, expect, it } from 'vitest'
import { duration } from '../domain/duration.ts'
import type { Job } from '../domain/job.ts'
import { missingReferences, unitsFor, type Installation } from './unit-text.ts'

const installation: Installation = {
  site: 'pi-hosting',
  configuration: '/etc/holdfast/holdfast.yaml',
  node: '/usr/bin/node',
  script: '/usr/local/bin/holdfast',
  environment: {},
  state: '/var/lib/holdfast',
  cache: '/var/cache/holdfast',
  runtime: '/run/holdfast',
  storage: '/mnt/backup',
  usesPodman: false,
  inhibit: '/usr/bin/systemd-inhibit',
  waitForClock: '/usr/lib/systemd/systemd-time-wait-sync',
}

const backup: Job = {
  name: 'backup',
  description: 'backup',
  verb: ['backup'],
  options: ['--wait', '1h'],
  fineExits: [],
  firing: { kind: 'calendar', rhythm: 'daily', minuteOfDay: 180, timeZone: 'Australia/Perth' },
  longest: duration(49, 'h'),
  reachesData: true,
  isHeavy: true,
}

const watch: Job = {
  name: 'watch',
  description: 'watch',
  verb: ['watch'],
  options: ['--quiet'],
  fineExits: [4],
  firing: { kind: 'interval', every: duration(5, 'm'), afterBoot: duration(2, 'm') },
  longest: duration(15, 'm'),
  reachesData: true,
  isHeavy: false,
}

const textOf = (name: string, jobs: readonly Job[], other: Partial<Installation> = {}): string =>
  unitsFor({ ...installation, ...other }, jobs).find((unit) => unit.name === name)?.text ?? ''

describe('the units of a site', () => {
  it('are a timer and a service for each job, and those that they lean on', async () => {
    const units = unitsFor(installation, [backup, watch])
    const page = units.map(({ name, text }) => `#### ${name}\n${text}`).join('\n')
    await expect(page).toMatchFileSnapshot('../../test/golden/units.txt')
  })

  it('do without what this machine lacks', () => {
    const units = unitsFor({ ...installation, inhibit: undefined, waitForClock: undefined }, [backup])
    expect(units.map(({ name }) => name)).toEqual([
      'holdfast-pi-hosting-backup.timer',
      'holdfast-pi-hosting-backup.service',
      'holdfast-pi-hosting-alert@.service',
    ])
    expect(missingReferences(units)).toEqual([])
  })

  it('may write only where state, cache and storage are', () => {
    expect(textOf('holdfast-pi-hosting-watch.service', [watch], { state: '/srv/state', storage: undefined })).toContain(
      '\nReadWritePaths=-/srv/state -/var/cache/holdfast -/run/holdfast -/tmp -/var/tmp\n',
    )
  })

  it('have no walls where podman has to get through, and only there', () => {
    const podman = { usesPodman: true }
    const heartbeat: Job = { ...watch, name: 'heartbeat', reachesData: false }
    const isWalled = (job: Job, other: Partial<Installation> = {}) =>
      textOf(`holdfast-pi-hosting-${job.name}.service`, [job], other).includes('\nProtectSystem=strict\n')
    expect([backup, watch, heartbeat].map((job) => isWalled(job, podman))).toEqual([false, false, true])
    expect([backup, watch, heartbeat].map((job) => isWalled(job))).toEqual([true, true, true])
  })

  it('hand on where folders of Holdfast were moved to', () => {
    const text = textOf('holdfast-pi-hosting-watch.service', [watch], { environment: { HOLDFAST_STATE_DIR: '/srv/a b' } })
    expect(text).toContain('\nEnvironment="HOLDFAST_STATE_DIR=/srv/a b"\n')
  })
})

describe('a reference to a unit that is not there', () => {
  const units = unitsFor(installation, [backup, watch])
  const without = (name: string) => missingReferences(units.filter((unit) => unit.name !== name))

  it('is found: the alert, the service of a timer, what a service leans on', () => {
    expect(missingReferences(units)).toEqual([])
    expect(without('holdfast-pi-hosting-alert@.service')).toEqual(['holdfast-pi-hosting-alert@%n.service'])
    expect(without('holdfast-pi-hosting-watch.service')).toEqual(['holdfast-pi-hosting-watch.service'])
    expect(without('holdfast-pi-hosting-clock.service')).toEqual(['holdfast-pi-hosting-clock.service'])
  })
})
