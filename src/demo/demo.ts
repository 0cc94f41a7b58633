import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../domain/clock.ts'
import { instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { Place } from '../places/place.ts'
import { formatLocalStamp } from '../policy/local-time.ts'
import { databaseName, disasterSql, eveningSql, fingerprintSql, lastWordSql, lostTable, schemaSql } from './campaign.ts'
import { createCluster, startCluster, type Cluster } from './cluster.ts'
import { fingerprint, liveADay, makeHousehold, mapPath, worldPath, type Household } from './household.ts'
import { startRadosGateway, type RadosGateway } from './rados-gateway.ts'

export interface DemoOptions {
  /** Keep the repositories on a real S3 server that is started here, over TLS. */
  readonly s3: boolean
  /** Leave everything where it is. */
  readonly keep: boolean
  readonly place: Place
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Runs Holdfast's own command line, and gives its exit code. */
  readonly holdfast: (words: readonly string[]) => Promise<number>
  readonly narrator: Narrator
}

/** Who tells the story. */
export interface Narrator {
  chapter(title: string): void
  tell(line: string): void
  /** A command as a person would type it, before it runs. */
  types(words: readonly string[]): void
  /** Something that was compared and found equal. */
  proved(what: string): void
}

export interface DemoResult {
  readonly root: string
  readonly kept: boolean
  readonly proofs: readonly string[]
  readonly durationMs: number
}

/** A zone without daylight saving, so that the time of the disaster never has two readings. */
const timeZone = 'Australia/Perth'

/**
 * The whole story on a throw-away site: set up, back up, live a day, back up again, lose everything, get it back, compare,
 * and drill. Throws when a comparison fails. Whatever happens, servers are stopped and the site is removed, unless it is to
 * be kept.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const beganAt = options.clock.now()
  const root = mkdtempSync(join(tmpdir(), 'holdfast-demo-'))
  // PostgreSQL's user has to get through to its data directory.
  chmodSync(root, 0o755)
  const cleanUp = new CleanUp()
  if (!options.keep) cleanUp.add(async () => rmSync(root, { recursive: true, force: true }))
  try {
    const proofs = await tell({ ...options, root, cleanUp })
    return { root, kept: options.keep, proofs, durationMs: options.clock.now() - beganAt }
  } finally {
    await cleanUp.run()
  }
}

/** What has to be undone, in the opposite order; one that fails doesn't keep the others from being done. */
class CleanUp {
  private readonly tasks: (() => Promise<void>)[] = []

  add(task: () => Promise<void>): void {
    this.tasks.push(task)
  }

  async run(): Promise<void> {
    for (const task of this.tasks.toReversed()) await task().catch(() => undefined)
  }
}

interface Stage extends DemoOptions {
  readonly root: string
  readonly cleanUp: CleanUp
}

async function tell(stage: Stage): Promise<string[]> {
  const { narrator, root } = stage
  const proofs: string[] = []
  const prove = (what: string, isSo: boolean) => {
    if (!isSo) throw new HoldfastError('unexpected', `the demonstration’s comparison failed: ${what}`)
    proofs.push(what)
    narrator.proved(what)
  }

  narrator.chapter('A household to protect')
  const cluster = await createCluster({ place: stage.place, signal: stage.signal, folder: join(root, 'postgres') })
  stage.cleanUp.add(() => cluster.stop())
  await cluster.query(`CREATE DATABASE ${databaseName}`, 'postgres')
  await cluster.query(schemaSql)
  const house = makeHousehold(join(root, 'house'))
  narrator.tell(`PostgreSQL ${cluster.majorVersion}, database ${databaseName}: ${tablesText(await tablesOf(cluster))}`)
  for (const [name, folder] of Object.entries(house))
    narrator.tell(`${name}: ${folder}, ${fingerprint(folder).size} files and folders`)

  narrator.chapter('Set up: every change is shown, with its reason, before it is made')
  await setUpSite(stage, cluster, house)

  narrator.chapter('The first backup')
  await type(stage, 'backup')

  narrator.chapter('A day goes by, and the second backup adds only what is new')
  await cluster.query(eveningSql)
  liveADay(house)
  const filesBefore = Object.values(house).map(fingerprint)
  await type(stage, 'backup')

  narrator.chapter('The disaster')
  await cluster.query(lastWordSql)
  const tablesBefore = await tablesOf(cluster)
  const secondBefore = await nextSecond(stage)
  await cluster.query(disasterSql)
  for (const folder of Object.values(house)) rmSync(folder, { recursive: true })
  narrator.tell(`right after ${secondBefore} somebody runs: ${disasterSql}`)
  narrator.tell(`and rm -r ${Object.values(house).join(' ')}`)

  narrator.chapter('The database, as it was the second before')
  await restoreDatabase(stage, cluster, { secondBefore, tablesBefore, prove })

  narrator.chapter('One file, then everything else')
  await restoreFiles(stage, house, filesBefore, prove)

  narrator.chapter('The same every month, unasked: a drill restores everything, looks, and clears it away')
  await type(stage, 'drill')

  narrator.chapter('What Holdfast knows now')
  await type(stage, 'points')
  await type(stage, 'status')
  tellWhere(stage)
  return proofs
}

async function setUpSite(stage: Stage, cluster: Cluster, house: Household): Promise<void> {
  const { root } = stage
  process.env['HOLDFAST_CONFIG'] = join(root, 'site', 'holdfast.yaml')
  process.env['HOLDFAST_STATE_DIR'] = join(root, 'state')
  process.env['HOLDFAST_CACHE_DIR'] = join(root, 'cache')
  process.env['HOLDFAST_RUNTIME_DIR'] = join(root, 'run')
  const server = stage.s3 ? await startS3(stage) : undefined
  const storage =
    server === undefined
      ? ['--directory', join(root, 'storage')]
      : ['--bucket', bucket, '--region', server.region, '--endpoint', server.endpoint, '--ca-file', server.caFile]
  const files = Object.entries(house).flatMap(([name, folder]) => ['--files', `${name}=${folder}`])
  const database = ['--postgres', `database=${cluster.dataDirectory}`]
  await type(stage, 'init', '--site', 'jig-ho', '--timezone', timeZone, ...storage, ...database, ...files, '--yes')
  if (server !== undefined) {
    const keys = `AWS_ACCESS_KEY_ID=${server.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${server.secretAccessKey}\n`
    writeFileSync(join(root, 'site/secrets/aws.env'), keys)
  }
  await type(stage, 'setup', 'plan')
  await type(stage, 'setup', 'apply', '--yes')
}

const bucket = 'holdfast-demonstration'

async function startS3(stage: Stage): Promise<RadosGateway> {
  const missing = ['ceph-mon', 'ceph-osd', 'radosgw', 'openssl'].filter((program) => stage.place.find(program) === undefined)
  if (missing.length > 0) {
    throw new HoldfastError('program-missing', `${missing.join(' and ')} of the demonstration’s S3 server are not installed`, {
      hint: `apt-get install --no-install-recommends ${missing.join(' ')}`,
    })
  }
  const server = await startRadosGateway({ root: join(stage.root, 's3'), signal: stage.signal })
  stage.cleanUp.add(() => server.stop())
  await server.createBucket(bucket)
  stage.narrator.tell(`a real S3 server (radosgw) answers at ${server.endpoint}, with a certificate of its own authority`)
  return server
}

async function restoreDatabase(
  stage: Stage,
  cluster: Cluster,
  wish: { secondBefore: string; tablesBefore: string; prove: (what: string, isSo: boolean) => void },
): Promise<void> {
  const { root, narrator } = stage
  const target = join(root, 'restored/database')
  await type(stage, 'restore', 'database', '--at', wish.secondBefore, '--to', target)
  const copy = await startCluster({
    ...stage,
    folder: join(root, 'restored/socket'),
    dataDirectory: target,
    majorVersion: cluster.majorVersion,
  })
  stage.cleanUp.add(() => copy.stop())
  wish.prove(
    `the restored database has ${tablesText(wish.tablesBefore)}, with the same checksums`,
    (await tablesOf(copy)) === wish.tablesBefore,
  )
  narrator.tell(`the live one goes on; it only gets its table ${lostTable} back`)
  const dump = join(root, 'restored/socket', `${lostTable}.sql`)
  await copy.client('pg_dump', `--table=${lostTable}`, `--file=${dump}`)
  await cluster.client('psql', '--no-psqlrc', '--quiet', '--output=/dev/null', `--file=${dump}`)
  wish.prove('the live database equals what it was the second before', (await tablesOf(cluster)) === wish.tablesBefore)
}

async function restoreFiles(
  stage: Stage,
  house: Household,
  before: readonly ReadonlyMap<string, string>[],
  prove: (what: string, isSo: boolean) => void,
): Promise<void> {
  const { root } = stage
  const one = join(root, 'restored/one-file')
  await type(stage, 'restore', 'foundry', '--path', mapPath, '--to', one)
  const [wanted] = before
  const found = fingerprint(join(one, house.foundry, mapPath)).get('')
  prove(`${mapPath} has its checksum back`, found !== undefined && found === wanted?.get(mapPath))
  for (const [index, [name, folder]] of Object.entries(house).entries()) {
    const target = join(root, 'restored', name)
    await type(stage, 'restore', name, '--to', target)
    const now = fingerprint(join(target, folder))
    prove(`${name}: all ${now.size} files and folders are back, with content, mode, owner and links`, isSame(now, before[index]))
  }
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string> | undefined): boolean {
  return other !== undefined && one.size === other.size && [...one].every(([path, print]) => other.get(path) === print)
}

function tellWhere(stage: Stage): void {
  const { narrator, root } = stage
  narrator.chapter('Where everything lies')
  const places: readonly [string, string][] = [
    ['configuration', 'site/holdfast.yaml'],
    ['secrets', 'site/secrets'],
    ['repositories', stage.s3 ? `s3, bucket ${bucket}` : 'storage/jig-ho'],
    ['journal', 'state/jig-ho/journal'],
    ['restored', 'restored'],
    ['the world', `restored/foundry${join(root, 'house/foundry', worldPath)}`],
  ]
  for (const [what, path] of places) narrator.tell(`${what.padEnd(14)} ${join(root, path)}`)
}

/** Runs a verb, shown as a person would type it. Anything but success ends the story. */
async function type(stage: Stage, ...words: string[]): Promise<void> {
  stage.signal.throwIfAborted()
  stage.narrator.types(words)
  const exitCode = await stage.holdfast(words)
  stage.signal.throwIfAborted()
  if (exitCode !== 0) {
    throw new HoldfastError('unexpected', `holdfast ${words.join(' ')} ended with exit code ${exitCode}`, {
      hint: 'what went wrong stands above; with --keep the site stays for a closer look',
    })
  }
}

const tablesOf = (cluster: Cluster): Promise<string> => cluster.query(fingerprintSql)

function tablesText(fingerprints: string): string {
  const tables = fingerprints.split('\n').map((line) => line.split('|'))
  const rows = tables.reduce((sum, [, count]) => sum + Number(count), 0)
  return `${tables.length} tables, ${rows.toLocaleString('en')} rows`
}

/** Waits until the clock shows a whole new second, and says which: all that was done before belongs to it. */
async function nextSecond({ clock, signal }: Stage): Promise<string> {
  const second = Math.ceil(clock.now() / 1000) * 1000
  await clock.sleep(second - clock.now() + 100, signal)
  return formatLocalStamp(instant(second), timeZone)
}
