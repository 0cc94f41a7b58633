import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createLocalPlace } from '../../src/places/local.ts'
import { isAlive, processesWith, until } from './processes.ts'

/** A container engine of a test's own, with nothing of the machine's: no network, no registry, all of it below one folder. */
export interface ContainerEngine {
  readonly runtime: 'docker' | 'podman'
  /** What Holdfast, or whoever else, needs in its environment to reach it. */
  readonly environment: Readonly<Record<string, string>>
  /** Runs the client, and gives what it printed. Throws when it fails. */
  ask(...words: string[]): string
  /** Starts a container in which nothing goes on. */
  startIdle(name: string, mounts?: readonly string[]): void
  /** Starts a PostgreSQL in a container, and waits until it answers. Its data lies in a folder of this machine. */
  startDatabase(options: DatabaseOptions): Promise<void>
  /** Whether its server does. */
  answers(container: string): boolean
  /** All that a container has said, in lines. */
  logs(container: string): string[]
  /** What psql prints in a container. */
  sql(container: string, sql: string): string
  /** Everything is gone afterwards: containers, processes, mounts, files. */
  stop(): Promise<void>
}

interface DatabaseOptions {
  readonly name: string
  /** A folder of this machine, made, and given to the container's postgres, if need be; or the name of a volume. */
  readonly data: string
  /** `here:inside`, with `:ro` behind it for read-only. */
  readonly mounts?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** A process 1 that clears away orphans; without it PostgreSQL is that. */
  readonly init?: boolean
  /** Absolute path of the pgBackRest to find in PATH; the machine's own when left out. */
  readonly pgbackrest?: string
  /** Reaches this machine's loopback, for a storage there. */
  readonly reachesLoopback?: boolean
}

/** The number of the user postgres in the image, which is another one on this machine. */
export const imageUid = 999

const image = 'postgres:test'
const pgData = '/var/lib/postgresql/data'

export async function startDocker(): Promise<ContainerEngine> {
  const root = newRoot()
  const socket = `unix://${join(root, 'docker.sock')}`
  const options = ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false', '--log-level=error']
  const folders = ['--data-root', join(root, 'data'), '--exec-root', join(root, 'exec'), '--pidfile', join(root, 'pid')]
  const daemon = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd', ...folders, '--host', socket, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let said = ''
  daemon.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const environment = { PATH: process.env['PATH'] ?? '', DOCKER_HOST: socket }
  const engine = createEngine({ runtime: 'docker', root, environment, run: ['--network', 'none'] }, async () => {
    daemon.kill('SIGTERM')
    await until(() => daemon.exitCode !== null || daemon.signalCode !== null)
  })
  return imported(
    engine,
    () => {
      if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}:\n${said}`)
      return spawnSync('docker', ['info'], { env: environment, stdio: 'ignore' }).status === 0
    },
    root,
  )
}

/** Podman needs no daemon; a script in front of it tells every call where everything is. */
export async function startPodman(): Promise<ContainerEngine> {
  const root = newRoot()
  const program = createLocalPlace().find('podman') ?? 'podman'
  const folders = ['--root', join(root, 'data'), '--runroot', join(root, 'exec'), '--tmpdir', join(root, 'libpod')]
  const options = [...folders, '--storage-driver=vfs', '--cgroup-manager=cgroupfs', '--events-backend=none']
  mkdirSync(join(root, 'bin'))
  // Its usual limits are higher than a container that the tests run in may set.
  const limits = '--ulimit nofile=1024:1024 --ulimit nproc=4096:4096'
  const script = `#!/bin/sh
[ "$1" != run ] || { shift; set -- run ${limits} "$@"; }
exec ${program} ${options.join(' ')} "$@"
`
  writeFileSync(join(root, 'bin/podman'), script, { mode: 0o755 })
  const environment = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, DOCKER_HOST: 'unix:///nowhere/docker.sock' }
  return imported(
    createEngine({ runtime: 'podman', root, environment, run: ['--network', 'none'] }, async () => undefined),
    () => true,
    root,
  )
}

function newRoot(): string {
  // Short: a socket's path has 107 bytes at most. Open: the container's postgres has to get through to what is mounted.
  const root = mkdtempSync(join(tmpdir(), 'hf-box-'))
  chmodSync(root, 0o755)
  return root
}

interface Setting {
  readonly runtime: ContainerEngine['runtime']
  readonly root: string
  readonly environment: Readonly<Record<string, string>>
  /** What every `run` needs. */
  readonly run: readonly string[]
}

function createEngine({ runtime, root, environment, run }: Setting, end: () => Promise<void>): ContainerEngine {
  const ask = (...words: string[]): string =>
    execFileSync(runtime, words, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const sql = (container: string, statement: string): string =>
    ask('exec', '--user', 'postgres', container, 'psql', '-XAtqc', statement).trim()
  const answers = (container: string): boolean => {
    try {
      return sql(container, 'SELECT 1') === '1'
    } catch {
      return false
    }
  }
  return {
    runtime,
    environment,
    ask,
    sql,
    answers,
    logs: (container) => {
      const { stdout, stderr } = spawnSync(runtime, ['logs', container], { env: environment, encoding: 'utf8' })
      return `${stdout}${stderr}`.split('\n')
    },
    startIdle: (name, mounts = []) => {
      const volumes = ['/usr:/usr:ro', ...mounts].flatMap((mount) => ['--volume', mount])
      ask('run', '--detach', '--name', name, ...run, ...volumes, image, 'sh', '-c', 'sleep infinity & wait')
    },
    async startDatabase({
      name,
      data,
      mounts = [],
      environment: variables = {},
      init = false,
      pgbackrest,
      reachesLoopback = false,
    }) {
      if (data.startsWith('/')) {
        mkdirSync(data, { recursive: true, mode: 0o700 })
        chownSync(data, imageUid, imageUid)
      }
      const folder = pgbackrest === undefined || pgbackrest.startsWith('/usr/bin/') ? undefined : dirname(pgbackrest)
      const engine = folder === undefined ? [] : [`${dirname(dirname(folder))}:${dirname(dirname(folder))}:ro`]
      const path = [...(folder === undefined ? [] : [folder]), serverPrograms(), usualPath].join(':')
      ask(
        ...['run', '--detach', '--name', name, ...(reachesLoopback ? ['--network', 'host'] : run), ...(init ? ['--init'] : [])],
        ...['/usr:/usr:ro', `${data}:${pgData}`, ...engine, ...mounts].flatMap((mount) => ['--volume', mount]),
        ...Object.entries({ PATH: path, ...variables }).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
        ...['--user', 'postgres', image, 'sh', '-c', startScript],
      )
      await until(() => answers(name))
    },
    async stop() {
      try {
        const all = ask('ps', '--all', '--quiet')
          .split('\n')
          .filter((id) => id !== '')
        if (all.length > 0) ask('rm', '--force', '--volumes', ...all)
      } catch {
        // What it couldn't end is ended below.
      }
      await end()
      for (const { pid } of processesWith(root)) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      await until(() => processesWith(root).length === 0)
      unmountBelow(root)
      rmSync(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Of the newest PostgreSQL here, as every test uses. */
function serverPrograms(): string {
  const newest = Math.max(...readdirSync('/usr/lib/postgresql').map(Number))
  return `/usr/lib/postgresql/${newest}/bin`
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'
const startScript = `[ -s "$PGDATA/PG_VERSION" ] || initdb --auth=trust --no-sync --data-checksums >/dev/null; exec postgres -c shared_buffers=32MB -c fsync=off -c listen_addresses=`

/** Waits for the engine, and gives it the image. What was started ends when that fails. */
async function imported(engine: ContainerEngine, isReady: () => boolean, root: string): Promise<ContainerEngine> {
  try {
    await until(isReady)
    const file = join(root, 'image.tar')
    writeImage(join(root, 'image'), file)
    const environment = [`PGDATA=${pgData}`, `PATH=${serverPrograms()}:${usualPath}`]
    engine.ask('import', ...environment.flatMap((variable) => ['--change', `ENV ${variable}`]), file, image)
    return engine
  } catch (error) {
    await engine.stop()
    throw error
  }
}

/** Empty folders and a few names: the programs are this machine's, mounted. `sbin` stays a folder, in which docker puts its init. */
function writeImage(folder: string, file: string): void {
  const at = (path: string) => join(folder, path)
  for (const path of [
    'usr',
    'proc',
    'sys',
    'dev',
    'sbin',
    'tmp',
    'etc/pgbackrest',
    'run/postgresql',
    'root',
    `.${pgData}`,
    'var/log',
    'var/spool/pgbackrest',
  ])
    mkdirSync(at(path), { recursive: true, mode: 0o755 })
  chmodSync(at('tmp'), 0o1777)
  for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, at(name))
  symlinkSync('/run', at('var/run'))
  cpSync('/etc/ld.so.cache', at('etc/ld.so.cache'))
  writeFileSync(at('etc/nsswitch.conf'), 'passwd: files\ngroup: files\n')
  const home = '/var/lib/postgresql'
  writeFileSync(at('etc/passwd'), `root:x:0:0::/root:/bin/sh\npostgres:x:${imageUid}:${imageUid}::${home}:/bin/sh\n`)
  writeFileSync(at('etc/group'), `root:x:0:\npostgres:x:${imageUid}:\n`)
  for (const path of ['run/postgresql', 'var/lib/postgresql', `.${pgData}`, 'var/spool/pgbackrest'])
    chownSync(at(path), imageUid, imageUid)
  execFileSync('tar', ['--create', '--directory', folder, '--file', file, '.'])
}

function unmountBelow(root: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${root}/`))
  for (const path of mounts.toReversed()) spawnSync('umount', ['--lazy', path])
}
