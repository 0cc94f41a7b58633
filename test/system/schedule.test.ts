import { existsSync, readdirSync } from 'node:fs'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlanItem } from '../../src/domain/plan.ts'
import { bootMachine, installedProgram, type BootedMachine, type JournalEntry } from '../support/booted-machine.ts'
import { until } from '../support/processes.ts'
import { startFakeDiscord, type FakeDiscord } from '../support/fake-discord.ts'
import { passphrase } from '../support/test-site.ts'

const units = '/etc/systemd/system'
const timer = 'holdfast-pi-hosting-backup.timer'
const service = 'holdfast-pi-hosting-backup.service'
const alert = `holdfast-pi-hosting-alert@${service}.service`
const serviceDropIn = `${units}/${service}.d/mine.conf`
const timerDropIn = `${units}/${timer}.d/mine.conf`

const watchDropIn = '/run/systemd/system/holdfast-pi-hosting-watch.timer.d/test.conf'

let machine: BootedMachine
let discord: FakeDiscord
let dataDirectory: string
beforeAll(async () => {
  machine = await bootMachine()
  discord = await startFakeDiscord()
  const address = new URL(discord.address)
  await machine.reach(8443, Number(address.port))
  address.port = '8443'
  machine.write('/etc/holdfast/secrets/discord.env', `DISCORD_WEBHOOK_URL=${address.href}\n`, 0o600)
  dataDirectory = startCluster()
  // What only its owner may read, in a folder of somebody's own.
  machine.write('/home/alex/documents/letter.txt', 'dear all\n', 0o600)
  expectDone(machine.run(['chown', '-R', '4242:4242', '/home/alex']))
  expectDone(machine.run(['chmod', '-R', 'go-rwx', '/home/alex']))
  machine.write('/etc/holdfast/secrets/restic.key', passphrase, 0o600)
  configure({ components: { database: { postgres: { dataDirectory } }, documents } })
  expectDone(machine.holdfast('setup', 'apply', '--yes'))
  // Here the watch is called by the tests, and not in the middle of them.
  machine.write(watchDropIn, '[Timer]\nOnBootSec=\nOnBootSec=1d\n')
  expectDone(machine.holdfast('schedule', 'apply'))
})
afterAll(async () => {
  await machine?.remove()
  await discord?.close()
})

/** A cluster as Debian makes one, run by systemd. */
function startCluster(): string {
  const version = String(Math.max(...readdirSync('/usr/lib/postgresql').map(Number)))
  expectDone(machine.run(['pg_createcluster', version, 'main']))
  expectDone(machine.systemctl('start', `postgresql@${version}-main`))
  return `/var/lib/postgresql/${version}/main`
}

const documents = { files: { paths: ['/home/alex/documents'] } }

function configure(settings: object = {}): void {
  const usual = {
    site: 'pi-hosting',
    timezone: 'Australia/Perth',
    storage: { directory: '/srv/backup' },
    patience: '5s',
    notify: { discord: {} },
    components: { documents },
  }
  machine.write('/etc/holdfast/holdfast.yaml', stringify({ ...usual, ...settings }, { lineWidth: 0 }))
}

function expectDone({ exitCode, text }: { exitCode: number | undefined; text: string }): void {
  if (exitCode !== 0) throw new Error(text)
}

/** What people who don't read journals would be told. */
const ownLines = (entries: readonly JournalEntry[]): string =>
  entries.flatMap(({ isOwn, message }) => (isOwn ? [message] : [])).join('\n')

/** What people were told, but for so many messages. */
const messagesAfter = (before: number): string[] =>
  discord.messages
    .slice(before)
    .map(({ content = '', embeds = [] }) => [content, ...embeds.map(({ description }) => description)].join('\n'))

/** Does something that lets the backup run once, and waits until the alert has looked at how it ended. */
async function runWith(begin: () => void) {
  const messagesBefore = discord.messages.length
  const [runBefore, alertBefore] = [machine.journal(service).length, machine.journal(alert).length]
  begin()
  await until(() =>
    machine
      .journal(alert)
      .slice(alertBefore)
      .some(({ message }) => message.startsWith('Finished ')),
  )
  return {
    run: machine.journal(service).slice(runBefore),
    alert: ownLines(machine.journal(alert).slice(alertBefore)),
    end: machine.show(service, 'ActiveState', 'Result', 'ExecMainStatus'),
    messages: messagesAfter(messagesBefore),
  }
}

const start = (): void => void machine.systemctl('start', '--no-block', service)

/** A drop-in of a person's own, in place for as long as something is done. */
async function withDropIn<T>(path: string, text: string, work: () => Promise<T>): Promise<T> {
  machine.write(path, text)
  expectDone(machine.systemctl('daemon-reload'))
  try {
    return await work()
  } finally {
    machine.run(['rm', '-r', path.slice(0, path.lastIndexOf('/'))])
    expectDone(machine.systemctl('daemon-reload'))
  }
}

describe('schedule apply', () => {
  it('brings timers that run, and the second time does nothing', () => {
    expect(machine.show(timer, 'ActiveState', 'UnitFileState')).toEqual({ ActiveState: 'active', UnitFileState: 'enabled' })
    expect(machine.holdfast('schedule', 'apply').stdout).toMatch(/^nothing to change\n/)
  })

  it('says the times at which systemd will fire', () => {
    const { timers } = machine.holdfast('schedule', 'plan', '--json').json
    const { stdout } = machine.run(['systemd-analyze', 'calendar', '--iterations=3', '*-*-* 03:00:00 Australia/Perth'])
    const theirs = [...stdout.matchAll(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g)].map(([, day, time]) => `${day}T${time}.000Z`)
    expect(timers.find(({ name }: { name: string }) => name === 'backup').next.map(({ at }: { at: string }) => at)).toEqual(
      theirs,
    )
  })

  it('writes units that leave little open, by systemd’s own count', () => {
    const services = readdirSync(machine.at(units)).filter((name) => /^holdfast-.*\.service$/.test(name))
    expect(services).toContain('holdfast-pi-hosting-alert@.service')
    for (const name of services) {
      const { text } = machine.run(['systemd-analyze', 'security', '--offline=true', `${units}/${name}`])
      expect(Number(/exposure level for .*: (\d+\.\d)/.exec(text)?.[1])).toBeLessThan(name.includes('-drill.') ? 3.2 : 3)
    }
  })

  it('goes on where it was stopped: files that systemd has not read, timers that do not run', () => {
    const planned = () =>
      machine.holdfast('schedule', 'plan', '--json').json.items.map((item: PlanItem) => `${item.action} ${item.subject}`)
    expectDone(machine.run(['touch', '--date=1 hour', `${units}/${timer}`]))
    expect(planned()).toEqual(['reload systemd'])
    expectDone(machine.holdfast('schedule', 'apply'))
    expectDone(machine.systemctl('stop', timer))
    expect(planned()).toEqual([`enable ${timer}`])
    expectDone(machine.systemctl('disable', timer))
    expect(planned()).toEqual([`enable ${timer}`])
    expectDone(machine.holdfast('schedule', 'apply'))
    expect(planned()).toEqual([])
  })

  it('takes away what the configuration asks for no more', () => {
    const text = (name: string) => machine.run(['cat', `${units}/${name}`]).stdout
    for (const [name, old] of [
      [timer, 'old.timer'],
      [service, 'old.service'],
    ] as const)
      machine.write(`${units}/holdfast-pi-hosting-${old}`, text(name))
    expectDone(machine.systemctl('enable', '--now', 'holdfast-pi-hosting-old.timer'))
    expect(machine.holdfast('schedule', 'apply').stdout).toMatch(
      /✓ disable .*old\.timer\n(✓ remove .*old\.(service|timer)\n){2}✓ reload/,
    )
    expect(machine.run(['find', units, '/var/lib/systemd/timers', '-name', '*hosting-old*']).stdout).toBe('')
  })

  it('changes nothing when systemd would not take a unit', () => {
    const before = machine.run(['sha256sum', '--', `${units}/${timer}`]).stdout
    machine.run(['rm', '/usr/share/zoneinfo/Asia/Tokyo'])
    configure({ timezone: 'Asia/Tokyo' })
    expect(machine.holdfast('schedule', 'apply', '--json').json).toMatchObject({ error: { code: 'unit-invalid' } })
    expect(machine.run(['sha256sum', '--', `${units}/${timer}`]).stdout).toBe(before)
    configure({ components: { database: { postgres: { dataDirectory } }, documents } })
  })

  it('is not kept from it by units of others that are broken, and says so', () => {
    const broken = `${units}/broken.service`
    machine.write(broken, '[Unit]\nDescriptionn=wrong\n[Service]\nExecStart=relative\n')
    machine.write(`${units}/network-online.target.d/wants.conf`, '[Unit]\nWants=broken.service\n')
    configure({ schedule: { heartbeat: 'weekly' }, components: { database: { postgres: { dataDirectory } }, documents } })
    const applied = machine.holdfast('schedule', 'apply')
    expectDone(applied)
    expect(applied.stdout).toContain(`not a unit of ours, but one that ours lean on: ${broken}:2: Unknown key`)
    machine.run(['rm', '-r', broken, `${units}/network-online.target.d`])
    configure({ components: { database: { postgres: { dataDirectory } }, documents } })
    expectDone(machine.holdfast('schedule', 'apply'))
  })

  it('is root’s', () => {
    const answer = machine.run(['node', installedProgram, 'schedule', 'apply', '--json'], {
      user: 'postgres',
      environment: { HOLDFAST_STATE_DIR: '/tmp/state', HOLDFAST_CACHE_DIR: '/tmp/cache' },
    })
    expect(answer.json).toMatchObject({ error: { code: 'not-root', hint: 'run it with sudo' } })
  })
})

describe('the timer of the backup', () => {
  const soon = (): string => machine.run(['date', '--utc', '--date=2 seconds', '+%F %T UTC']).stdout.trim()
  const prompt = 'RandomizedDelaySec=0\nAccuracySec=100ms\n'

  it('fires; behind its walls the run reads what is not root’s, and becomes the owner of a database', async () => {
    await withDropIn(timerDropIn, `[Timer]\nOnCalendar=\nOnCalendar=${soon()}\n${prompt}`, async () => {
      const { run, alert: told, end } = await runWith(() => undefined)
      expect(ownLines(run)).toMatch(/✓ database .*\n.*✓ documents /)
      expect(end).toMatchObject({ Result: 'success' })
      expect(told).toBe(`${service} is well`)
    })
    const { components } = machine.holdfast('points', '--json').json
    expect(
      components.map(({ component, points }: { component: string; points: unknown[] }) => [component, points.length]),
    ).toEqual([
      ['database', 1],
      ['documents', 1],
    ])
  })

  it('is not the only one: the watch looks at both from behind the same walls', () => {
    const watch = 'holdfast-pi-hosting-watch.service'
    expectDone(machine.systemctl('start', watch))
    expect(machine.show(watch, 'Result')).toEqual({ Result: 'success' })
    const { checks } = machine.holdfast('watch', '--json').json.watch
    expect(checks.find(({ kind }: { kind: string }) => kind === 'archiving')).toMatchObject({ component: 'database' })
  })

  it('is started by a watch that finds WAL lost, which itself is short', async () => {
    const watch = 'holdfast-pi-hosting-watch.service'
    const query = (sql: string) => machine.run(['psql', '-XAtc', sql], { user: 'postgres' }).stdout.trim()
    const archiveWith = async (command: string) => {
      query(`ALTER SYSTEM SET archive_command = '${command}'`)
      query('SELECT pg_reload_conf()')
      await until(() => query('SHOW archive_command') === command)
    }
    const wrong = () =>
      machine
        .holdfast('watch', '--json')
        .json.watch.checks.flatMap(({ kind, error }: { kind: string; error?: object }) => (error === undefined ? [] : [kind]))
    expect(machine.show(watch, 'TimeoutStartUSec')).toEqual({ TimeoutStartUSec: '15min' })
    const good = query('SHOW archive_command')
    const atMost = (queue: string) => archiveWith(good.replace('archive-push', `--archive-push-queue-max=${queue} archive-push`))
    await atMost('1MB')
    for (const _ of [1, 2]) query('SELECT txid_current(); SELECT pg_switch_wal()')
    await until(() => query("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'") === '0')
    await atMost('1GB')
    // Nothing failed: that WAL was dropped is said in the log of the server alone, which Debian gives no collector.
    expect(query('SELECT failed_count FROM pg_stat_archiver')).toBe('0')
    const cured = await runWith(() => expectDone(machine.systemctl('start', watch)))
    expect(machine.show(watch, 'Result')).toEqual({ Result: 'success' })
    expect(ownLines(cured.run)).toMatch(/database .*\n[^]*✓ documents /)
    expect(cured.alert).toBe(`${service} failed, and said why itself`)
    expect(machine.holdfast('points', 'database', '--json').json.components[0].windows).toHaveLength(2)
    expect(wrong()).toEqual([])
    await archiveWith(good)
    expect((await runWith(start)).end).toMatchObject({ Result: 'success' })
  })

  it('has one of drills beside it, behind whose walls all is restored: a database that starts, files with bits that others may not set', async () => {
    const drill = 'holdfast-pi-hosting-drill'
    expectDone(machine.run(['install', '-m', '6755', '-o', '4242', '-g', '4242', '/usr/bin/true', '/home/alex/documents/tool']))
    expectDone(machine.holdfast('backup', 'documents'))
    const ended = () => machine.journal(`holdfast-pi-hosting-alert@${drill}.service.service`)
    await withDropIn(`${units}/${drill}.timer.d/mine.conf`, `[Timer]\nOnCalendar=\nOnCalendar=${soon()}\n${prompt}`, () =>
      until(() => ended().some(({ message }) => message.startsWith('Finished '))),
    )
    expect(ownLines(machine.journal(`${drill}.service`))).toBe('')
    expect(machine.show(`${drill}.service`, 'Result')).toEqual({ Result: 'success' })
    const { components } = machine.holdfast('status', '--json').json.status
    expect(components.map(({ drill: last }: { drill: { outcome: string } }) => last.outcome)).toEqual(['passed', 'passed'])
    expect(machine.run(['ls', '/var/lib/holdfast/pi-hosting/drill']).exitCode).not.toBe(0)
  })

  it('catches up when the machine was off for two days', async () => {
    configure()
    expect(machine.holdfast('schedule', 'apply').stdout).toContain(`update ${units}/${service}`)
    await withDropIn(timerDropIn, `[Timer]\n${prompt}`, async () => {
      expectDone(machine.systemctl('stop', timer))
      expectDone(machine.run(['touch', '--date=2 days ago', `/var/lib/systemd/timers/stamp-${timer}`]))
      const { end } = await runWith(() => expectDone(machine.systemctl('start', timer)))
      expect(end).toMatchObject({ Result: 'success' })
    })
  })
})

describe('a run', () => {
  it('does without logind, does not wait for ever for the clock, and takes secrets that systemd hands it', async () => {
    const clock = `${units}/holdfast-pi-hosting-clock.service.d/mine.conf`
    const hidden = '/etc/holdfast/elsewhere/restic.key'
    expectDone(machine.run(['install', '-D', '-m', '600', '/etc/holdfast/secrets/restic.key', hidden]))
    configure({ secrets: '/etc/holdfast/nowhere' })
    expectDone(machine.systemctl('mask', '--now', 'systemd-logind.service'))
    const { end } = await withDropIn(serviceDropIn, `[Service]\nLoadCredential=restic.key:${hidden}\n`, () =>
      withDropIn(
        clock,
        '[Unit]\nConditionVirtualization=\n[Service]\nExecStart=\nExecStart=sleep 1234\nTimeoutStartSec=500ms\n',
        () => runWith(start),
      ),
    )
    expect(end).toMatchObject({ Result: 'success' })
    expect(machine.show('holdfast-pi-hosting-clock.service', 'Result')).toEqual({ Result: 'timeout' })
    expectDone(machine.systemctl('unmask', 'systemd-logind.service'))
    expectDone(machine.systemctl('start', 'systemd-logind.service'))
    configure()
  })
})

describe('what a run prints', () => {
  it('reads well in the journal of systemd: a line for each thing, without colours, with priorities', async () => {
    configure({ components: { documents, logs: { files: { paths: ['/srv/logs'] } } } })
    const { run, alert: told, end, messages } = await runWith(start)
    const own = run.filter(({ isOwn }) => isOwn)
    expect(own.length).toBeLessThan(15)
    // oxlint-disable-next-line no-control-regex -- the codes of colours
    expect(own.filter(({ message }) => /[\u0000-\u001f]|<\d>/.test(message))).toEqual([])
    const [done] = own.filter(({ message }) => message.includes('✓ documents'))
    const [failed] = own.filter(({ message }) => message.includes('✗ logs'))
    expect([done?.priority, failed?.priority]).toEqual([6, 3])
    expect(failed?.message).toMatch(/\/srv\/logs is missing|does not exist/)
    // A failed run is a failed unit, and told once: by the run itself.
    expect(end).toMatchObject({ ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '3' })
    expect(told).toBe(`${service} failed, and said why itself`)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain('logs failed on pi-hosting')
  })
})

describe('an alert', () => {
  it('leaves it to a run that could not begin to tell why, once', async () => {
    configure()
    machine.run(['chmod', '644', '/etc/holdfast/secrets/restic.key'])
    const { run, alert: told, end, messages } = await runWith(start)
    machine.run(['chmod', '600', '/etc/holdfast/secrets/restic.key'])
    expect(end).toMatchObject({ Result: 'exit-code', ExecMainStatus: '78' })
    expect(run.find(({ message }) => message.startsWith('error: '))).toMatchObject({ priority: 3 })
    expect(told).toBe(`${service} failed, and said why itself`)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain('restic.key can be read by others')
  })

  it('knows whom to tell even when the configuration cannot be read any more, by what it said last', async () => {
    machine.write('/etc/holdfast/holdfast.yaml', 'site: pi-hosting\nretension: forever\n')
    const { alert: told } = await withDropIn(serviceDropIn, '[Service]\nExecStart=\nExecStart=/bin/false\n', () => runWith(start))
    configure()
    expect(told).toContain(`✗ ${service} ended with exit code 1`)
    expect(told).toContain('Discord told')
    expect(machine.journal(alert).findLast(({ message }) => message.startsWith('✗'))).toMatchObject({ priority: 3 })
  })

  it('tells of a run that hangs and is stopped, of which nothing is left; until then the machine stays awake', async () => {
    machine.write('/opt/hanging-restic', '#!/bin/sh\nexec sleep 4321\n', 0o755)
    configure({ engines: { restic: '/opt/hanging-restic' } })
    const hanging = () => machine.run(['pgrep', '-f', 'sleep 4321']).exitCode === 0
    await withDropIn(serviceDropIn, '[Service]\nTimeoutStartSec=3s\n', async () => {
      const told = runWith(start)
      await until(hanging)
      expect(machine.run(['systemd-inhibit', '--list', '--no-legend']).stdout).toMatch(
        /Holdfast .*sleep|shutdown:sleep .*Holdfast/,
      )
      expect((await told).alert).toContain(`✗ ${service} took longer than 3s and was stopped`)
      expect((await told).end).toMatchObject({ Result: 'timeout' })
      expect((await told).messages.join()).toContain(`${service} took longer than 3s and was stopped`)
    })
    expect(hanging()).toBe(false)
    await until(() => !machine.run(['systemd-inhibit', '--list', '--no-legend']).stdout.includes('Holdfast'))
  })

  it('tells of a run that was killed', async () => {
    const told = runWith(start)
    await until(() => machine.run(['pgrep', '-f', 'sleep 4321']).exitCode === 0)
    machine.systemctl('kill', '--kill-whom=main', '--signal=KILL', service)
    expect((await told).alert).toContain(`✗ ${service} was killed by SIGKILL`)
    configure()
    // The watch sees it too, and doesn't say it again.
    const { checks, deliveries } = machine.holdfast('watch', '--json').json.watch
    expect(checks).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ code: 'run-killed' }) }))
    expect(deliveries).toEqual([])
  })

  it('tells of a watch that hangs, which the next one ends', async () => {
    const [watch, watchAlert] = [
      'holdfast-pi-hosting-watch.service',
      'holdfast-pi-hosting-alert@holdfast-pi-hosting-watch.service.service',
    ]
    configure({ components: { database: { postgres: { dataDirectory } }, documents } })
    const postmaster = machine.run(['head', '-1', `${dataDirectory}/postmaster.pid`]).stdout.trim()
    machine.run(['kill', '-STOP', postmaster])
    await withDropIn(`${units}/${watch}.d/mine.conf`, '[Service]\nTimeoutStartSec=2s\n', async () => {
      machine.systemctl('start', watch)
      expect(machine.show(watch, 'Result')).toEqual({ Result: 'timeout' })
      await until(() => machine.journal(watchAlert).some(({ message }) => message.startsWith('Finished ')))
    })
    machine.run(['kill', '-CONT', postmaster])
    expect(ownLines(machine.journal(watchAlert))).toContain(`✗ ${watch} took longer than 2s and was stopped`)
    const open = () =>
      machine.holdfast('status', '--json').json.status.notices.open.map(({ subject }: { subject: string }) => subject)
    expect(open()).toContain(`unit/${watch}`)
    expectDone(machine.systemctl('start', watch))
    expect(open()).not.toContain(`unit/${watch}`)
    configure()
  })

  it('tells of a run whose program is gone', async () => {
    const gone = '[Service]\nExecStart=\nExecStart=/opt/node/bin/node backup\n'
    const { alert: told } = await withDropIn(serviceDropIn, gone, () => runWith(start))
    expect(told).toContain(`✗ ${service} could not be started: its program is gone`)
    expect(told).toContain('holdfast schedule apply')
  })

  it('is over with the next run that goes well', async () => {
    const { alert: told, end, messages } = await runWith(start)
    expect(end).toMatchObject({ Result: 'success' })
    expect(told).toBe(`${service} is well · Discord told`)
    expect(messages.join()).toMatch(/Over: .*backup\.service failed on pi-hosting/)
  })
})

describe('a machine that takes over', () => {
  it('has its timers at the end, and a backup of its own', async () => {
    expectDone(machine.holdfast('schedule', 'remove'))
    const taken = machine.holdfast('recover', '--take-over', '--yes')
    expectDone(taken)
    expect(taken.stdout).toMatch(/✓ documents [^]*✓ enable holdfast-pi-hosting-backup\.timer/)
    expect(machine.show(timer, 'ActiveState')).toEqual({ ActiveState: 'active' })
    expect(machine.holdfast('schedule', 'apply').stdout).toMatch(/^nothing to change/)
  })
})

describe('names that mean something to systemd', () => {
  it('are written so that they mean themselves', async () => {
    const [program, folder] = ['/opt/hold fast 100%n', '/etc/hold $HOME "fast" 50%i']
    machine.run(['cp', '-r', installedProgram.slice(0, installedProgram.lastIndexOf('/')), program])
    machine.write(`${folder}/secrets/restic.key`, passphrase, 0o600)
    const settings = { site: 'group/pi', storage: { directory: '/srv/back up $1' }, components: { documents } }
    machine.write(`${folder}/holdfast.yaml`, stringify(settings))
    const words = (...verb: string[]) => ['node', `${program}/holdfast.js`, ...verb, '--config', `${folder}/holdfast.yaml`]
    expectDone(machine.run(words('schedule', 'apply')))
    machine.systemctl('start', 'holdfast-group-pi-backup.service')
    // There is no repository yet, and it says where it looked: so it read that configuration, and ran from that folder.
    expect(ownLines(machine.journal('holdfast-group-pi-backup.service'))).toContain('/srv/back up $1')
    await until(() => ownLines(machine.journal('holdfast-group-pi-alert@holdfast-group-pi-backup.service.service')) !== '')
    expectDone(machine.run(words('schedule', 'remove')))
  })
})

describe('what others wrote', () => {
  it('is never overwritten', () => {
    const path = `${units}/holdfast-pi-hosting-awake.service`
    machine.write(path, '[Service]\nExecStart=/bin/true\n')
    expect(machine.holdfast('schedule', 'apply', '--json').json).toMatchObject({
      error: { code: 'target-exists', message: `${path} was not written by holdfast` },
    })
    machine.run(['rm', path])
    expect(machine.holdfast('schedule', 'apply').stdout).toContain(`✓ create ${path}`)
  })

  it('is named, and stays when everything else is removed', () => {
    machine.write(serviceDropIn, '[Service]\nNice=10\n')
    machine.run(['rm', '-r', watchDropIn.slice(0, watchDropIn.lastIndexOf('/'))])
    expectDone(machine.systemctl('daemon-reload'))
    expect(machine.holdfast('schedule', 'apply').stdout).toMatch(/^nothing to change[^]*left as it is: .*mine\.conf/)
    const removed = machine.holdfast('schedule', 'remove')
    expectDone(removed)
    expect(removed.stdout).toContain(`left as it is: ${serviceDropIn}`)
    const left = machine.run(['find', units, '/var/lib/systemd/timers', '/run/systemd', '-name', '*holdfast*']).stdout
    expect(left).toBe(`${units}/${service}.d\n`)
    expect(existsSync(machine.at(serviceDropIn))).toBe(true)
    expect(machine.systemctl('list-units', '--all', '--no-legend', 'holdfast-*').stdout).toBe('')
    expect(machine.holdfast('schedule', 'remove').stdout).toMatch(/^nothing to change\n/)
  })
})
