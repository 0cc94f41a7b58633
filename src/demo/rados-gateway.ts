/**
 * A real S3 server for the demonstration and the tests: radosgw of Ceph over one monitor and one OSD, everything under
 * one root folder, on loopback, over TLS with a private certificate authority. It keeps what it stores across a restart
 * of the gateway, checks signatures, and executes bucket policies, versioning, object lock and lifecycle rules.
 *
 * Never for data that matters: one copy, and no authentication between the daemons, so any user of this machine who
 * speaks Ceph's own protocol can read and write it. Seen with Ceph 16.2.15 and 18.2.7.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { clusterConfiguration } from './ceph-configuration.ts'
import { answers, freePort, putBucket, region, type SecretKeys } from './gateway-requests.ts'
import { makeAuthority, makeCertificate, type CertificateFiles } from './certificates.ts'

const readyWithinMs = 60_000
const termGraceMs = 5_000
const portAttempts = 3

/** A running S3 server. Its user owns every bucket; requests must be signed and use path style. */
export interface RadosGateway {
  /** `https://localhost:PORT`, the same for the server's whole life. */
  readonly endpoint: string
  readonly port: number
  readonly region: string
  /** PEM of the private authority that clients must trust; readable by every user. */
  readonly caFile: string
  /** The authority with its key, to sign further certificates with {@link makeCertificate}. */
  readonly authority: CertificateFiles
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Creates an empty bucket; one that exists already stays as it is. */
  createBucket(name: string): Promise<void>
  /** Stops only the gateway: connections are refused, data stays. */
  stopGateway(): Promise<void>
  /** Starts the gateway again on the same port; resolves when it answers. */
  startGateway(): Promise<void>
  /** Stops everything; the files are the caller's to delete. */
  stop(): Promise<void>
}

/** A daemon or tool of the server that failed: its name, how it ended, and the end of its log. */
export class RadosGatewayError extends Error {
  override readonly name = 'RadosGatewayError'
  /** True when another process took a port between its choice and its use. */
  readonly portTaken: boolean

  constructor(failing: string, how: string, lastLines: string) {
    super(`${failing} of the demonstration's S3 server ${how}${lastLines === '' ? '' : `; its log ends:\n${lastLines}`}`)
    this.portTaken = /address already in use|unable to bind/i.test(lastLines)
  }
}

/**
 * Starts a new server in a root folder of its own (made when absent) and resolves when S3 answers: about two seconds.
 * Needs the programs of Debian's packages ceph-mon, ceph-osd, radosgw and openssl; runs as any user. The daemons die
 * with this process, or with the worker thread that started them.
 *
 * @param options.signal aborts the start only; a server that runs is stopped with `stop()`.
 * @throws {RadosGatewayError} naming what failed; whatever had been started is stopped by then.
 */
export async function startRadosGateway(options: { root: string; signal?: AbortSignal }): Promise<RadosGateway> {
  const root = resolve(options.root)
  const directory = join(root, 'certificates')
  const authority = await makeAuthority({ directory })
  await makeCertificate({ directory, authority })
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startServer(join(root, 'ceph'), authority, options.signal)
    } catch (error) {
      if (attempt === portAttempts || !(error instanceof RadosGatewayError && error.portTaken)) throw error
      await rm(join(root, 'ceph'), { recursive: true })
    }
  }
}

async function startServer(folder: string, authority: CertificateFiles, signal: AbortSignal | undefined): Promise<RadosGateway> {
  const clusterId = randomUUID()
  const osdId = randomUUID()
  const monitorPort = await freePort()
  const port = await freePort(monitorPort)
  // Refuses a folder that exists: it may hold another server's data, or that of a caller who named the wrong root.
  await mkdir(folder, { mode: 0o700 })
  await Promise.all(['monitor', 'osd', 'gateway', 'log'].map((name) => mkdir(join(folder, name))))
  await writeFile(join(folder, 'ceph.conf'), clusterConfiguration(clusterId, monitorPort, port))
  const authorityText = await readFile(authority.certificateFile)

  const storage: Daemon[] = []
  let gateway: Daemon | undefined
  const launchGateway = async (start: Start): Promise<void> => {
    gateway = start.launch('radosgw', '-n', 'client.gateway')
    while (!(await answers(port, authorityText))) await start.pause()
  }
  const haltGateway = async (): Promise<void> => {
    if (gateway !== undefined) await halt(gateway)
    gateway = undefined
  }
  /** Gateway, OSD, monitor: each takes leave of the one after it, and would wait in vain the other way round. */
  const haltAll = async (): Promise<void> => {
    await haltGateway()
    for (const daemon of storage.toReversed()) await halt(daemon)
  }

  const start = new Start(folder, signal)
  let keys: SecretKeys
  try {
    const monitorAddress = `[v2:127.0.0.1:${monitorPort}]`
    await start.run('monmaptool', '--create', '--fsid', clusterId, '--addv', 'a', monitorAddress, 'monmap')
    await start.run('ceph-mon', '-c', 'ceph.conf', '--mkfs', '-i', 'a', '--monmap', 'monmap')
    storage.push(start.launch('ceph-mon', '-i', 'a'))
    await start.run('ceph', '-c', 'ceph.conf', 'osd', 'new', osdId, '0')
    await start.run('ceph-osd', '-c', 'ceph.conf', '--mkfs', '-i', '0', '--osd-uuid', osdId)
    storage.push(start.launch('ceph-osd', '-i', '0'))
    // Waits for the OSD by itself. Before the gateway, not beside it: the first of them makes the zone and its pools.
    const creation = ['user', 'create', '--uid=demonstration', '--display-name=demonstration']
    keys = secretKeys(await start.run('radosgw-admin', '-c', 'ceph.conf', '-n', 'client.gateway', ...creation))
    await launchGateway(start)
  } catch (error) {
    await haltAll()
    throw error
  } finally {
    start.end()
  }

  let lastTurn: Promise<void> = Promise.resolve()
  /** One after another, in the order asked for, so that a stop during a start of the gateway leaves nothing behind. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = lastTurn.then(work)
    lastTurn = turn.catch(() => undefined)
    return turn
  }
  const restartGateway = async (): Promise<void> => {
    if (gateway?.isRunning() === true) return
    const restart = new Start(folder, undefined)
    for (const daemon of storage) restart.watch(daemon)
    try {
      await launchGateway(restart)
    } catch (error) {
      await haltGateway()
      throw error
    } finally {
      restart.end()
    }
  }
  return {
    endpoint: `https://localhost:${port}`,
    port,
    region,
    caFile: authority.certificateFile,
    authority,
    ...keys,
    createBucket: (name) => putBucket(name, port, authorityText, keys),
    stopGateway: () => inTurn(haltGateway),
    startGateway: () => inTurn(restartGateway),
    stop: () => inTurn(haltAll),
  }
}

/** One daemon, from its launch on. */
interface Daemon {
  readonly name: string
  readonly process: ChildProcess
  readonly ended: Promise<string>
  isRunning(): boolean
}

/** A start under way: it fails, once and for all, when a daemon ends, a tool fails, the caller aborts or time is up. */
class Start {
  readonly #folder: string
  readonly #failing = new AbortController()
  readonly #deadline: NodeJS.Timeout
  readonly #signal: AbortSignal
  #waitingFor = ''
  #over = false

  constructor(folder: string, signal: AbortSignal | undefined) {
    this.#folder = folder
    this.#signal = signal === undefined ? this.#failing.signal : AbortSignal.any([signal, this.#failing.signal])
    this.#deadline = setTimeout(() => {
      this.#fail(this.#waitingFor, `was not ready within ${readyWithinMs / 1000} s`)
    }, readyWithinMs)
  }

  /** Runs a tool to its end and gives its output. */
  async run(program: string, ...parameters: string[]): Promise<string> {
    this.#signal.throwIfAborted()
    this.#waitingFor = program
    const child = spawnTied(this.#folder, program, parameters, 'pipe')
    const kill = (): unknown => child.kill('SIGKILL')
    this.#signal.addEventListener('abort', kill, { once: true })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
    const how = await ending(child, 'close')
    this.#signal.removeEventListener('abort', kill)
    this.#signal.throwIfAborted()
    if (how !== 'ended with exit code 0') throw new RadosGatewayError(program, how, logTail(this.#folder, program))
    return output
  }

  launch(program: string, ...parameters: string[]): Daemon {
    this.#signal.throwIfAborted()
    this.#waitingFor = program
    const child = spawnTied(this.#folder, program, ['-c', 'ceph.conf', '-f', ...parameters], 'log')
    const daemon: Daemon = {
      name: program,
      process: child,
      ended: ending(child, 'exit'),
      isRunning: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    }
    this.watch(daemon)
    return daemon
  }

  watch(daemon: Daemon): void {
    void daemon.ended.then((how) => this.#fail(daemon.name, how))
  }

  /** Waits a moment before something is asked again. */
  async pause(): Promise<void> {
    await sleep(20)
    this.#signal.throwIfAborted()
  }

  /** From here on a daemon that ends is no failure of this start. */
  end(): void {
    this.#over = true
    clearTimeout(this.#deadline)
  }

  #fail(name: string, how: string): void {
    if (this.#over || this.#signal.aborted) return
    this.#failing.abort(new RadosGatewayError(name, how, logTail(this.#folder, name)))
  }
}

/**
 * A process that the kernel kills when this one dies, however it dies. In a session of its own, so that Ctrl-C on the
 * terminal reaches only this process, which then stops the daemons in their order.
 */
function spawnTied(folder: string, program: string, parameters: string[], output: 'pipe' | 'log'): ChildProcess {
  const log = openSync(logFile(folder, program), 'a', 0o600)
  try {
    return spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...parameters], {
      cwd: folder,
      detached: true,
      // Nothing inherited: CEPH_ARGS or CEPH_CONF of this machine's own cluster would lead the programs there.
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
      stdio: ['ignore', output === 'pipe' ? 'pipe' : log, log],
    })
  } finally {
    closeSync(log)
  }
}

async function halt(daemon: Daemon): Promise<void> {
  if (!daemon.isRunning()) return
  daemon.process.kill('SIGTERM')
  const kill = setTimeout(() => daemon.process.kill('SIGKILL'), termGraceMs)
  await daemon.ended
  clearTimeout(kill)
}

function ending(child: ChildProcess, event: 'exit' | 'close'): Promise<string> {
  return new Promise((settle) => {
    child.once('error', (error) => settle(`could not be run: ${error.message}`))
    child.once(event, (code: number | null, signal: NodeJS.Signals | null) =>
      settle(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    )
  })
}

const logFile = (folder: string, program: string): string => join(folder, 'log', `${program}.log`)

function logTail(folder: string, program: string): string {
  const lines = readFileSync(logFile(folder, program), 'utf8').split('\n')
  return lines
    .filter((line) => line !== '')
    .slice(-15)
    .join('\n')
}

/** The first key pair in what `radosgw-admin user create` prints. */
function secretKeys(output: string): SecretKeys {
  const { access_key: accessKeyId, secret_key: secretAccessKey } = firstKey(output) ?? {}
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new RadosGatewayError('radosgw-admin', 'printed no key', '')
  }
  return { accessKeyId, secretAccessKey }
}

function firstKey(output: string): { access_key?: string; secret_key?: string } | undefined {
  try {
    return (JSON.parse(output) as { keys?: object[] }).keys?.[0]
  } catch {
    return undefined
  }
}
