import { randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestSite, writeSecret, type Answer, type Running, type TestSite } from '../support/test-site.ts'
import type { EnginePair } from '../support/engines.ts'
import type { S3Server } from '../support/s3.ts'
import { TimedCluster } from '../simulation/cluster.ts'
import type { ContainerEngine } from '../support/container-engine.ts'
import { until } from '../support/processes.ts'
import { startFakeDiscord, type FakeDiscord } from '../support/fake-discord.ts'
import { Gates } from './gates.ts'
import { Network } from './network.ts'

/** Which contents each restore point has to hold, by its id: the number that was written before its run. */
type Contents = Map<string, number>

/** A PostgreSQL that can be stopped and started again. */
interface Database {
  query(sql: string): Promise<string>
  stop(): Promise<void>
  start(): Promise<void>
  /** The numbers that a restore point holds, in order. */
  restored(point: string): Promise<string>
}

export interface HouseholdOptions {
  readonly pair: EnginePair
  /** The database runs in a container of this engine; on this machine when left out. */
  readonly containers?: ContainerEngine
  /** The repositories lie in a bucket behind a network that can break; in a directory when left out. */
  readonly s3?: S3Server
}

/** A site with a database and a folder, whose engines, network, disk, server and clock fail on order. */
export class Household {
  readonly site: TestSite
  readonly gates: Gates
  readonly network: Network | undefined
  readonly discord: FakeDiscord
  private made: Database | undefined
  /** How often contents were written: what the next restore points hold. */
  private written = 0
  private readonly contents: Record<'database' | 'documents', Contents> = { database: new Map(), documents: new Map() }

  private constructor(site: TestSite, gates: Gates, network: Network | undefined, discord: FakeDiscord) {
    this.site = site
    this.gates = gates
    this.network = network
    this.discord = discord
  }

  static async create({ pair, s3, containers }: HouseholdOptions): Promise<Household> {
    const network = s3 && (await Network.to(s3.endpoint))
    const site = await createTestSite({
      pair,
      ...(s3 && network ? { s3: { ...s3, endpoint: network.endpoint } } : {}),
      ...(containers ? { environment: containers.environment } : {}),
    })
    const gates = new Gates(join(site.root, 'gates'), pair)
    const discord = await startFakeDiscord()
    writeSecret(site.root, 'discord.env', `DISCORD_WEBHOOK_URL=${discord.address}\n`)
    const household = new Household(site, gates, network, discord)
    try {
      // A disk of its own, which can be full without the machine's being so.
      if (s3 === undefined) mountDisk(join(site.root, 'storage'))
      const postgres = containers
        ? await household.startContainer(containers, pair)
        : await household.startCluster(join(site.root, 'postgres'))
      site.configure({
        engines: gates.engines,
        patience: '2s',
        notify: { discord: {} },
        retention: { within: '3000d' },
        components: { database: { postgres }, documents: { files: { paths: [site.documents] } } },
      })
      await household.cluster.query('CREATE TABLE contents (number integer)')
      await site.ask('setup', 'apply', '--yes')
      await household.change()
      household.learn(await site.ask('backup'))
      return household
    } catch (error) {
      await household.remove()
      throw error
    }
  }

  private async startCluster(folder: string): Promise<object> {
    const cluster = await TimedCluster.create(folder, this.gates)
    this.made = {
      query: (sql) => cluster.query(sql),
      stop: () => cluster.stop(),
      start: () => cluster.start(),
      restored: async (point) => {
        const file = join(this.site.root, `${point}.dump`)
        const part = ['--database', 'postgres', '--table', 'public.contents']
        await this.site.ask('restore', 'database', '--point', point, ...part, '--to', file)
        const rows = execFileSync('pg_restore', ['--data-only', '--file=-', file], { encoding: 'utf8' })
        rmSync(file)
        return [...rows.matchAll(/^(\d+)$/gm)].map(([line]) => line).join(' ')
      },
    }
    return { dataDirectory: cluster.dataDirectory }
  }

  private async startContainer(containers: ContainerEngine, { pgbackrest }: EnginePair): Promise<object> {
    const { root } = this.site
    const configuration = join(root, 'site/pgbackrest/database')
    mkdirSync(configuration, { recursive: true })
    const shared = [join(root, 'storage'), join(root, 'gates')].map((folder) => `${folder}:${folder}`)
    const engineRoot = join(pgbackrest, '../../..')
    const fetched = engineRoot === '/' ? [] : [`${engineRoot}:${engineRoot}:ro`]
    await containers.startDatabase({
      name: 'db',
      data: join(root, 'data'),
      // What stands behind the gate may be a fetched one: <its root>/usr/bin/pgbackrest.
      mounts: [`${configuration}:/etc/pgbackrest:ro`, ...shared, ...fetched],
      pgbackrest: this.gates.engines.pgbackrest,
    })
    this.made = {
      query: async (sql) => containers.sql('db', sql),
      stop: async () => void containers.ask('kill', 'db'),
      async start() {
        containers.ask('start', 'db')
        await until(() => containers.answers('db'))
      },
      restored: async (point) => {
        const data = join(root, `back-${point}`)
        await this.site.ask('restore', 'database', '--point', point, '--to', data)
        await containers.startDatabase({ name: 'back', data })
        const numbers = containers.sql('back', "SELECT string_agg(number::text, ' ' ORDER BY number) FROM contents")
        containers.ask('rm', '--force', 'back')
        return numbers
      },
    }
    return { container: 'db' }
  }

  get cluster(): Database {
    if (this.made === undefined) throw new Error('the cluster was not made')
    return this.made
  }

  /** New contents everywhere, and enough of them that no engine is done in a moment. */
  async change(): Promise<void> {
    this.written += 1
    writeFileSync(join(this.site.documents, 'number'), String(this.written))
    writeFileSync(join(this.site.documents, 'large'), randomBytes(8_000_000))
    await this.cluster.query(`INSERT INTO contents VALUES (${this.written})`)
  }

  start(...words: string[]): Running {
    return this.site.startAs(this.gates.followingEnvironment(), ...words)
  }

  /** Remembers what the points of a run hold, whatever the outcome of the run. */
  learn(document: Answer['json']): void {
    for (const step of document.run.steps) {
      if (step.point !== undefined) this.contents[step.component as 'database' | 'documents'].set(step.point.id, this.written)
    }
  }

  /** Lines of the journal, of all months: a clock that is off writes into another one. */
  journalLines(): string[] {
    const folder = join(this.site.root, 'state', this.site.name, 'journal')
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
  }

  /** What Discord was told since so many messages. */
  toldSince(count: number): string[] {
    return this.discord.messages
      .slice(count)
      .map(({ content = '', embeds = [] }) => [content, ...embeds.map(({ description = '' }) => description)].join('\n'))
  }

  /** What people were told is wrong, and not yet that it is over; by subject. */
  openIncidents(): string[] {
    // In memory where the disk takes nothing.
    const files = ['run', 'state'].map((folder) => join(this.site.root, folder, this.site.name, 'notices.json'))
    const file = files.find((path) => existsSync(path))
    if (file === undefined) return []
    const { incidents } = JSON.parse(readFileSync(file, 'utf8')) as { incidents: { subject: string }[] }
    return incidents.map(({ subject }) => subject)
  }

  /** Points that the engines list now, by component. */
  async points(): Promise<Record<'database' | 'documents', string[]>> {
    const { components } = await this.site.ask('points')
    return Object.fromEntries(
      components.map((one: { component: string; points: { id: string }[] }) => [one.component, one.points.map(({ id }) => id)]),
    ) as Record<'database' | 'documents', string[]>
  }

  /** Restores everything that any run called done, and compares; gives back how many were equal. */
  async restoreAll(): Promise<number> {
    let equal = 0
    for (const [id, number] of this.contents.documents) {
      const target = join(this.site.root, `back-${id.slice(0, 8)}`)
      await this.site.ask('restore', 'documents', '--point', id, '--to', target)
      const found = readFileSync(join(target, this.site.documents, 'number'), 'utf8')
      if (found !== String(number)) throw new Error(`documents ${id} should hold ${number}, and holds ${found}`)
      rmSync(target, { recursive: true })
      equal += 1
    }
    const removed = new Set(
      this.journalLines()
        .map((line) => JSON.parse(line) as { type: string; point?: string })
        .flatMap(({ type, point }) => (type === 'point-removed' && point !== undefined ? [point] : [])),
    )
    for (const [id, number] of this.contents.database) {
      // One that a wrong clock dated ahead goes, where others hold the same.
      if (removed.has(id)) continue
      const numbers = await this.made?.restored(id)
      // Base backups hold everything until their end; nothing was written between that and the next change.
      const expected = Array.from({ length: number }, (_, index) => index + 1).join(' ')
      if (numbers !== expected) throw new Error(`database ${id} should hold ${expected}, and holds ${numbers}`)
      equal += 1
    }
    return equal
  }

  async remove(): Promise<void> {
    this.gates.openAll()
    const disk = join(this.site.root, 'storage')
    await this.made?.stop().catch(() => undefined)
    await this.site.remove().catch(() => undefined)
    if (existsSync(disk)) execFileSync('umount', ['--lazy', disk], { stdio: 'ignore' })
    await this.network?.close()
    await this.discord.close()
    rmSync(this.site.root, { recursive: true, force: true })
  }
}

function mountDisk(folder: string): void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2G,mode=755', 'holdfast-test', folder])
}
