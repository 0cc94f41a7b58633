import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'
import { printedDocument } from './printed-document.ts'
import { until } from './processes.ts'
import { onTerminal, type PseudoTerminal } from './pseudo-terminal.ts'
import type { Answer } from './test-site.ts'

/**
 * A machine of its own: a root with nothing of ours on it, its own host name, mounts and processes, on this kernel and network.
 * What Debian's packages bring (programs in /usr, and the empty folders of PostgreSQL) is there; nothing else is.
 */
export interface Machine {
  /** Its root, as seen from here. */
  readonly root: string
  start(): Promise<void>
  /** As when its power fails: all processes and mounts are gone, the disk stays. */
  stop(): Promise<void>
  run(command: readonly string[], options?: RunOptions): Answer
  holdfast(...words: string[]): Answer
  /** Holdfast on a terminal, for what asks. */
  onTerminal(...words: string[]): PseudoTerminal
  /** Starts Holdfast without waiting for it. */
  startHoldfast(...words: string[]): ChildProcess
  /** The machine and its disk. */
  remove(): Promise<void>
}

interface RunOptions {
  readonly user?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
}

export interface MachineOptions {
  readonly hostName: string
  /** Folders of this machine that appear in it: where from, and where. */
  readonly mounts?: Readonly<Record<string, string>>
}

const program = '/opt/holdfast/holdfast.js'
const packaged = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'os-release',
  'ssl',
  'nsswitch.conf',
  'postgresql-common',
  'ca-certificates.conf',
]

export function createMachine({ hostName, mounts = {} }: MachineOptions): Machine {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-machine-'))
  const at = (path: string) => join(root, path)
  chmodSync(root, 0o755)
  for (const folder of [
    'usr',
    'etc',
    'proc',
    'dev',
    'sys',
    'run',
    'root',
    'mnt',
    'srv',
    'opt',
    'var/lib',
    'var/log',
    'var/cache',
  ])
    mkdirSync(at(folder), { recursive: true, mode: 0o755 })
  mkdirSync(at('tmp'))
  chmodSync(at('tmp'), 0o1777)
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, at(name))
  symlinkSync('/run', at('var/run'))
  for (const name of packaged)
    if (existsSync(join('/etc', name))) cpSync(join('/etc', name), at(`etc/${name}`), { recursive: true, verbatimSymlinks: true })
  const accounts = (file: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /^(root|daemon|nobody|postgres|ssl-cert|nogroup|adm):/.test(line))
  writeFileSync(at('etc/passwd'), `${accounts('/etc/passwd').join('\n')}\n`)
  writeFileSync(at('etc/group'), `${accounts('/etc/group').join('\n')}\n`)
  writeFileSync(at('etc/hosts'), `127.0.0.1 localhost ${hostName}\n`)
  writeFileSync(at('etc/machine-id'), `${randomBytes(16).toString('hex')}\n`)
  const postgres = statSync('/var/lib/postgresql')
  for (const folder of ['var/lib/postgresql', 'var/log/postgresql', 'run/postgresql', 'etc/postgresql']) {
    mkdirSync(at(folder), { mode: 0o755 })
    chownSync(at(folder), postgres.uid, postgres.gid)
  }
  cpSync(dirname(inject('program')), at(dirname(program)), { recursive: true })
  for (const target of Object.values(mounts)) mkdirSync(at(target), { recursive: true })

  let keeper: ChildProcess | undefined
  let first: number | undefined

  const boot = [
    `hostname ${hostName}`,
    `mount --bind /usr ${root}/usr`,
    `mount -o remount,bind,ro ${root}/usr`,
    `mount -t proc proc ${root}/proc`,
    `mount --rbind /dev ${root}/dev`,
    `mount -t tmpfs shm ${root}/dev/shm`,
    ...Object.entries(mounts).map(([from, to]) => `mount --bind '${from}' '${root}${to}'`),
    `exec chroot ${root} sleep infinity`,
  ].join(' && ')

  const enter = (command: readonly string[], { user, environment = {} }: RunOptions = {}): string[] => [
    ...['--target', String(first), '--mount', '--uts', '--ipc', '--pid', '--root', '--wd'],
    ...(user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups']),
    ...['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'HOME=/root', 'LC_ALL=C.UTF-8'],
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...command,
  ]

  const machine: Machine = {
    root,
    async start() {
      keeper = spawn(
        'setpriv',
        ['--pdeathsig', 'KILL', 'unshare', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', 'sh', '-ec', boot],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      )
      const { pid } = keeper
      first = await until(() => {
        if (keeper?.exitCode !== null) throw new Error('the machine does not start')
        const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() || 0)
        return child > 0 && readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'sleep' ? child : undefined
      })
    },
    async stop() {
      if (keeper === undefined) return
      const gone = new Promise((resolve) => keeper?.once('close', resolve))
      keeper.kill('SIGKILL')
      await gone
      keeper = undefined
      // The kernel ends what was in it a moment later; until then its files are in use.
      await until(() => first !== undefined && !existsSync(`/proc/${first}`))
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
    holdfast: (...words) => machine.run(['node', program, ...words]),
    onTerminal: (...words) =>
      onTerminal(['nsenter', ...enter(['node', program, ...words], { environment: { TERM: 'xterm' } })], {
        PATH: process.env['PATH'] ?? '',
      }),
    startHoldfast: (...words) => spawn('nsenter', enter(['node', program, ...words]), { stdio: 'ignore' }),
    async remove() {
      await machine.stop()
      rmSync(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
  return machine
}
