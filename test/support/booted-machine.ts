import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'
import { printedDocument } from './printed-document.ts'
import { until } from './processes.ts'
import type { Answer } from './test-site.ts'

/**
 * A machine that systemd really boots, with units, timers and a journal of its own. Its disk is this machine's with all that
 * is installed here; what it writes is gone with it. It has no network but loopback, and shares the kernel and the clock.
 */
export interface BootedMachine {
  /** Where its files can be reached from here. */
  at(path: string): string
  /** Writes a file, and the folders to it. */
  write(path: string, text: string, mode?: number): void
  run(command: readonly string[], options?: RunOptions): Answer
  holdfast(...words: string[]): Answer
  systemctl(...words: string[]): Answer
  /** Properties of a unit. */
  show(unit: string, ...properties: string[]): Readonly<Record<string, string>>
  /** Starts a unit and waits until it has ended. Throws what was said meanwhile unless it went well. */
  runUnit(unit: string): void
  /** What a unit and systemd wrote of it into the journal, oldest first. */
  journal(unit: string): JournalEntry[]
  /** Lets it reach, at a port of its own loopback, what listens at another port of this machine's. */
  reach(port: number, portHere: number): Promise<void>
  /** Shuts it down; all of it is gone then. */
  remove(): Promise<void>
}

interface RunOptions {
  readonly user?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
}

export interface JournalEntry {
  readonly message: string
  /** As syslog counts: 3 is an error, 4 a warning, 6 nothing special. */
  readonly priority: number
  /** Whether the unit said it, and not systemd about it. */
  readonly isOwn: boolean
}

/** Where Holdfast is installed on it. */
export const installedProgram = '/opt/holdfast/holdfast.js'

/** Hierarchies of control groups in which a booted systemd has to have a group of its own, or it takes over this machine's. */
const hierarchies = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'].filter((path) =>
  existsSync(join(path, 'cgroup.procs')),
)

/** @param shared files and folders of this machine that are its own too: where from, and where */
export async function bootMachine(shared: Readonly<Record<string, string>> = {}): Promise<BootedMachine> {
  const name = `holdfast-${randomBytes(4).toString('hex')}`
  const groups = hierarchies.map((path) => join(path, name))
  for (const group of groups) mkdirSync(group)
  const binds = Object.entries(shared).map(([from, to]) => `--bind=${from}:${to}`)
  // Its mounts are in a namespace of their own and go with it, whatever ends it.
  const boot = [
    ...groups.map((group) => `echo $$ >${group}/cgroup.procs`),
    'mount -t tmpfs holdfast /mnt',
    'mkdir /mnt/upper /mnt/work /mnt/root',
    'mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root',
    `rm -f /mnt/root/etc/machine-id`,
    `echo ${randomBytes(16).toString('hex')} >/mnt/root/etc/machine-id`,
    // What is enabled here is not its business.
    'cd /mnt/root',
    'rm -rf etc/systemd/system/*.wants etc/holdfast var/lib/holdfast var/cache/holdfast var/log/journal',
    'rm -rf etc/postgresql/* var/lib/postgresql/*',
    'mkdir var/log/journal',
    `exec setsid systemd-nspawn --quiet --directory=/mnt/root --boot --register=no --keep-unit --console=pipe --machine=${name} --link-journal=no --private-network ${binds.join(' ')}`,
  ].join('\n')
  const outside = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private', 'sh', '-ec', boot], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let console = ''
  for (const stream of [outside.stdout, outside.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (console += text))
  try {
    const first = await firstProcess(outside, () => console)
    const machine = machineOf(first, () => shutDown(outside, groups))
    await until(() => /^(running|degraded)/.test(machine.systemctl('is-system-running').stdout))
    cpSync(dirname(inject('program')), machine.at(dirname(installedProgram)), { recursive: true })
    return machine
  } catch (error) {
    await shutDown(outside, groups)
    throw error
  }
}

/** The process that is number 1 in there, as soon as systemd runs as it. */
function firstProcess(outside: ChildProcess, console: () => string): Promise<number> {
  const { pid } = outside
  return until(() => {
    if (outside.exitCode !== null) throw new Error(`the machine does not boot:\n${console()}`)
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
    return child > 0 && existsSync(`/proc/${child}/root/run/systemd/private`) ? child : undefined
  })
}

async function shutDown(outside: ChildProcess, groups: readonly string[]): Promise<void> {
  const gone = new Promise((resolve) => outside.once('close', resolve))
  if (outside.exitCode === null && outside.signalCode === null) {
    outside.kill('SIGTERM')
    const late = setTimeout(() => outside.kill('SIGKILL'), 15_000)
    await gone
    clearTimeout(late)
  }
  for (const group of groups) await until(() => removeGroup(group))
}

/** A control group can be removed when nothing is in it any more. */
function removeGroup(group: string): boolean {
  if (!existsSync(group)) return true
  try {
    for (const { name } of readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
      removeGroup(join(group, name))
    rmdirSync(group)
    return true
  } catch {
    return false
  }
}

/** What comes to a socket goes to a port of this machine's. */
const passingOn = `
const { connect, createServer } = require('node:net')
const [socket, port] = process.argv.slice(1)
createServer((one) => {
  const other = connect(Number(port), '127.0.0.1')
  for (const [from, to] of [[one, other], [other, one]]) from.on('error', () => to.destroy()).pipe(to)
}).listen(socket)
`

function machineOf(first: number, remove: () => Promise<void>): BootedMachine {
  const at = (path: string) => join(`/proc/${first}/root`, path)
  const enter = (command: readonly string[], { user, environment = {} }: RunOptions = {}): string[] => [
    ...['--target', String(first), '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root', '--wd', '--'],
    ...(user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups']),
    ...['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C.UTF-8'],
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...command,
  ]
  const passers: ChildProcess[] = []
  const machine: BootedMachine = {
    at,
    write(path, text, mode = 0o644) {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), text)
      chmodSync(at(path), mode)
    },
    run(command, options = {}) {
      const ended = spawnSync('nsenter', enter(command, options), { encoding: 'utf8', input: options.input ?? '' })
      return {
        exitCode: ended.status ?? undefined,
        signal: ended.signal ?? undefined,
        stdout: ended.stdout,
        stderr: ended.stderr,
        text: ended.stdout + ended.stderr,
        get json() {
          return printedDocument(command, ended.stdout, ended.stderr)
        },
      }
    },
    holdfast: (...words) => machine.run(['node', installedProgram, ...words]),
    systemctl: (...words) => machine.run(['systemctl', ...words]),
    show(unit, ...properties) {
      const lines = machine
        .systemctl('show', `--property=${properties.join(',')}`, unit)
        .stdout.trim()
        .split('\n')
      return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
    },
    runUnit(unit) {
      machine.systemctl('start', unit)
      const result = machine.show(unit, 'Result')['Result']
      if (result === 'success') return
      const said = machine.journal(unit).map(({ message }) => message)
      throw new Error([`${unit} ended with ${result}`, ...said].join('\n'))
    },
    journal(unit) {
      // What was written just now may still be on its way.
      machine.run(['journalctl', '--sync'])
      return machine
        .run(['journalctl', '--output=json', '--all', `--unit=${unit}`])
        .stdout.split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, string>)
        .map((entry) => ({
          message: String(entry['MESSAGE']),
          priority: Number(entry['PRIORITY']),
          isOwn: entry['_SYSTEMD_UNIT'] === unit,
        }))
    },
    async reach(port, portHere) {
      // A socket in its files leads out of its network. A process of its own passes on, because tests wait for commands without
      // doing anything else meanwhile.
      const socket = at(`/run/outside-${port}.sock`)
      const words = ['--pdeathsig', 'KILL', process.execPath, '--eval', passingOn, socket, String(portHere)]
      passers.push(spawn('setpriv', words, { stdio: 'ignore' }))
      await until(() => existsSync(socket))
      machine.write(`/run/systemd/system/outside-${port}.socket`, `[Socket]\nListenStream=127.0.0.1:${port}\n`)
      machine.write(
        `/run/systemd/system/outside-${port}.service`,
        `[Service]\nExecStart=/lib/systemd/systemd-socket-proxyd /run/outside-${port}.sock\n`,
      )
      machine.systemctl('daemon-reload')
      machine.systemctl('start', `outside-${port}.socket`)
    },
    async remove() {
      for (const passer of passers) passer.kill('SIGKILL')
      await remove()
    },
  }
  return machine
}
