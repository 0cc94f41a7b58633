import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { stringify } from 'yaml'
import { createCluster, type Cluster } from '../../src/demo/cluster.ts'
import { createLocalPlace } from '../../src/places/local.ts'
import { printedDocument } from './printed-document.ts'
import type { EnginePair } from './engines.ts'
import type { S3Server } from './s3.ts'

/** How a run of the command line ended, and what it printed. */
export interface Answer {
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  readonly stdout: string
  readonly stderr: string
  /** Both outputs, for messages whose place doesn't matter. */
  readonly text: string
  // Tests look into documents of many shapes.
  // oxlint-disable-next-line typescript/no-explicit-any -- a document of the command line
  readonly json: any
}

export interface Running {
  readonly pid: number
  readonly ended: Promise<Answer>
  kill(signal: NodeJS.Signals): void
}

export interface TestSiteOptions {
  readonly pair: EnginePair
  /** A folder below the root when left out. */
  readonly s3?: S3Server
  /** With a running PostgreSQL cluster as component `database`. */
  readonly database?: boolean
  /** Parts of the configuration instead of the usual ones. */
  readonly settings?: object
  /** Beside what every site has, and over it. */
  readonly environment?: Readonly<Record<string, string>>
  /** Files components: name to paths. Default: documents, the folder `documents`. */
  readonly files?: Readonly<Record<string, readonly string[]>>
}

/** A throw-away site under a temporary root, driven through the command line as it is shipped. */
export interface TestSite {
  readonly root: string
  readonly name: string
  readonly file: string
  /** Where a directory storage keeps the site's repositories. */
  readonly storage: string
  readonly documents: string
  readonly cluster: Cluster
  readonly environment: Readonly<Record<string, string>>
  configure(settings?: object): void
  start(...words: string[]): Running
  /** The same as another machine would, which shares the configuration but not all folders. */
  startAs(other: Readonly<Record<string, string>>, ...words: string[]): Running
  holdfast(...words: string[]): Promise<Answer>
  /** The same with --json, whose document it gives back. Throws when the exit code isn't 0. */
  ask(...words: string[]): Promise<Answer['json']>
  /** All records of the journal, oldest first. */
  journal(): Answer['json'][]
  remove(): Promise<void>
}

export const passphrase = 'correct horse battery staple 42'

export async function createTestSite(options: TestSiteOptions): Promise<TestSite> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  // The owner of the cluster has to get through.
  chmodSync(root, 0o755)
  const name = `site-${randomBytes(4).toString('hex')}`
  const file = join(root, 'site', 'holdfast.yaml')
  const storage = join(root, 'storage')
  const documents = join(root, 'documents')
  // What a killed Holdfast leaves there goes with the rest. As everywhere, all may write into it.
  const temporary = join(root, 'tmp')
  mkdirSync(temporary)
  chmodSync(temporary, 0o1777)
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    TMPDIR: temporary,
    HOLDFAST_CONFIG: file,
    HOLDFAST_STATE_DIR: join(root, 'state'),
    HOLDFAST_CACHE_DIR: join(root, 'cache'),
    HOLDFAST_RUNTIME_DIR: join(root, 'run'),
    ...options.environment,
  }
  mkdirSync(join(root, 'site/secrets'), { recursive: true })
  mkdirSync(documents)
  writeFileSync(join(documents, 'letter.txt'), 'dear all\n')
  writeSecret(root, 'restic.key', passphrase)
  if (options.s3) {
    const { accessKeyId, secretAccessKey } = options.s3
    writeSecret(root, 'aws.env', `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`)
  }
  const place = createLocalPlace()
  const stopping = new AbortController()
  let cluster: Cluster | undefined
  const configure = (settings: object = {}): void => {
    const files = options.files ?? { documents: [documents] }
    const components = {
      ...(cluster === undefined ? {} : { database: { postgres: { dataDirectory: cluster.dataDirectory } } }),
      ...Object.fromEntries(Object.entries(files).map(([component, paths]) => [component, { files: { paths } }])),
    }
    const { pair, s3 } = options
    const where =
      s3 === undefined
        ? { directory: storage }
        : { s3: { bucket: s3.bucket, region: s3.region, endpoint: s3.endpoint, caFile: s3.caFile } }
    const usual = {
      site: name,
      timezone: 'Australia/Perth',
      storage: where,
      // Failures are what is waited for here.
      patience: '5s',
      engines: { restic: pair.restic, pgbackrest: pair.pgbackrest },
      components,
    }
    writeFileSync(file, stringify({ ...usual, ...options.settings, ...settings }, { lineWidth: 0 }))
  }
  const running = new Set<Running>()
  const startAs: TestSite['startAs'] = (other, ...words) => {
    const process = startProcess(words, { ...environment, ...other })
    running.add(process)
    return process
  }
  const start = (...words: string[]): Running => startAs({}, ...words)
  const site: TestSite = {
    root,
    name,
    file,
    storage: join(storage, name),
    documents,
    get cluster() {
      if (cluster === undefined) throw new Error('this site has no database')
      return cluster
    },
    environment,
    configure,
    start,
    startAs,
    holdfast: (...words) => start(...words).ended,
    async ask(...words) {
      const answer = await start(...words, '--json').ended
      if (answer.exitCode !== 0) throw new Error(`holdfast ${words.join(' ')} ended with ${answer.exitCode}:\n${answer.text}`)
      return answer.json
    },
    journal: () => readJournal(join(root, 'state', name, 'journal')),
    async remove() {
      // What a failed test left running would go on writing into what is being removed.
      for (const process of running) process.kill('SIGKILL')
      await Promise.allSettled([...running].map((process) => process.ended))
      await cluster?.stop().catch(() => undefined)
      rmSync(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
  try {
    if (options.database) {
      cluster = await createCluster({ place, signal: stopping.signal, folder: join(root, 'postgres') })
      await cluster.query('CREATE DATABASE campaign', 'postgres')
    }
    configure()
    return site
  } catch (error) {
    await site.remove()
    throw error
  }
}

export function writeSecret(root: string, name: string, text: string): void {
  const file = join(root, 'site/secrets', name)
  writeFileSync(file, text)
  chmodSync(file, 0o600)
}

export function startProcess(words: readonly string[], environment: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, [inject('program'), ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Answer>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) =>
      resolve({
        exitCode: exitCode ?? undefined,
        signal: signal ?? undefined,
        stdout,
        stderr,
        text: stdout + stderr,
        get json() {
          return printedDocument(words, stdout, stderr)
        },
      }),
    )
  })
  return { pid: child.pid as number, ended, kill: (signal) => void child.kill(signal) }
}

function readJournal(folder: string): Answer['json'][] {
  const month = new Date().toISOString().slice(0, 7)
  return readFileSync(join(folder, `${month}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
