import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EnginePair } from '../support/engines.ts'
import { Chance } from './chance.ts'
import { Documents, Ledger } from './household.ts'
import { commitAt, type Era, type TakenPoint } from './promises.ts'
import { baseBackupsIn, removeSegment, snapshotsIn } from './repositories.ts'
import { dateIn, instantOf, type Scenario } from './scenario.ts'
import { TimedSite } from './timed-site.ts'

export interface LifeOptions {
  readonly scenario: Scenario
  readonly seed: number
  /** The older pair first; an upgrade goes to the last. */
  readonly pairs: readonly EnginePair[]
}

const dayMs = 86_400_000

/** A site, all that happens to it, and a memory of what it held and when. */
export class Life {
  readonly site: TimedSite
  readonly scenario: Scenario
  readonly chance: Chance
  readonly taken: TakenPoint[] = []
  readonly eras: Era[] = []
  /** The base backup that was last seen to be restorable. */
  provedBackup: string | undefined
  private readonly pairs: readonly EnginePair[]
  private readonly documents: Documents
  private readonly ledger: Ledger
  private isOff = false
  private silenceEndedAt = -Infinity
  /** Something happened to the archive that the next run must tell of. */
  private isGapToTell = false

  private constructor(site: TimedSite, { scenario, seed, pairs }: LifeOptions) {
    this.site = site
    this.scenario = scenario
    this.pairs = pairs
    this.chance = new Chance(seed)
    this.documents = new Documents(site.documents, new Chance(seed + 1))
    this.ledger = new Ledger(new Chance(seed + 2))
  }

  static async begin(options: LifeOptions): Promise<Life> {
    const { scenario, pairs } = options
    const [pair] = pairs
    const [first] = scenario.days
    if (pair === undefined || first === undefined) throw new Error('a simulation needs engines and days')
    const { timeZone, policy } = scenario
    const startsAt = instantOf(first.date, '01:00', timeZone)
    const site = await TimedSite.create({ startsAt, timeZone, policy, pair })
    try {
      const life = new Life(site, options)
      await site.cluster.query(Ledger.create)
      life.eras.push({ timeline: 1, from: Infinity, to: 0, commits: [] })
      await life.commit(first.date)
      await site.ask('setup', 'apply', '--yes')
      return life
    } catch (error) {
      await site.remove()
      throw error
    }
  }

  /** Ids of what lies in the repositories. */
  existing(): Record<TakenPoint['component'], string[]> {
    return {
      documents: snapshotsIn(join(this.site.storage, 'documents')),
      database: baseBackupsIn(join(this.site.storage, 'database')),
    }
  }

  advance(date: string, time: string): void {
    this.site.clock.advanceTo(instantOf(date, time, this.scenario.timeZone))
  }

  async switchOff(): Promise<void> {
    if (!this.isOff) await this.site.cluster.stop()
    this.isOff = true
  }

  /** Whether it was off. */
  async switchOn(): Promise<boolean> {
    if (!this.isOff) return false
    await this.site.cluster.start()
    this.isOff = false
    return true
  }

  async upgrade(): Promise<void> {
    this.site.useEngines(this.pairs.at(-1) as EnginePair)
    await this.site.ask('setup', 'apply', '--yes')
  }

  /**
   * A run that must go well and make a point of each component; of a gap in the archive it must tell. Tells whether it saw to the
   * retention of all of them, as the first of a day does.
   */
  async run({ pinned = false } = {}): Promise<boolean> {
    const now = this.site.clock.now()
    if (now - (this.taken.at(-1)?.at ?? now) > 7 * dayMs) this.silenceEndedAt = now
    const answer = await this.site.holdfast('backup', ...(pinned ? ['--pin', 'before the great change'] : []), '--json')
    const { run } = answer.json
    if (this.isGapToTell) {
      if (!answer.text.includes('"wal-gap"')) throw new Error(`the run is silent about a gap: ${answer.text}`)
    } else if (run?.outcome !== 'done') {
      throw new Error(`the run did not go well: ${answer.text}`)
    }
    this.isGapToTell = false
    const added = this.note(pinned)
    if (added.toSorted().join(' ') !== 'database documents') throw new Error(`the run made points of ${added.join(', ')}`)
    const retained = (run.retention ?? []) as { outcome: string }[]
    return retained.filter(({ outcome }) => outcome === 'done').length === 2
  }

  /**
   * Retention by hand. For two days after a long silence it may refuse to remove anything, because the clock may have jumped,
   * until a person has looked. Tells whether one had to.
   */
  async retain(): Promise<boolean> {
    const answer = await this.site.holdfast('retention', 'apply', '--yes', '--json')
    if (answer.exitCode === 0) return false
    const mayDoubt = this.site.clock.now() - this.silenceEndedAt < 2 * dayMs
    if (!mayDoubt || !answer.text.includes('"clock-doubtful"')) throw new Error(`retention ended badly:\n${answer.text}`)
    await this.site.ask('retention', 'apply', '--yes', '--clock-is-right')
    // It is not asked about the same again.
    this.silenceEndedAt = -Infinity
    return true
  }

  /** Nothing may be left to do for retention that was applied a moment ago. */
  async retainAgain(): Promise<void> {
    const ids = () => Object.values(this.existing()).flat()
    const before = ids()
    await this.retain()
    const after = new Set(ids())
    const gone = before.filter((id) => !after.has(id))
    if (gone.length > 0) throw new Error(`retention, applied a second time, removed ${gone.join(', ')}`)
  }

  /** The server is down and the folder away: the run must fail, and neither make nor take a point. */
  async failingRun(): Promise<void> {
    const { cluster, documents } = this.site
    await cluster.stop()
    renameSync(documents, `${documents}-away`)
    const now = this.site.clock.now()
    if (now - (this.taken.at(-1)?.at ?? now) > 7 * dayMs) this.silenceEndedAt = now
    const answer = await this.site.holdfast('backup', '--json')
    renameSync(`${documents}-away`, documents)
    await cluster.start()
    if (answer.exitCode === 0) throw new Error(`a run without sources ended with 0:\n${answer.text}`)
    const added = this.note()
    if (added.length > 0) throw new Error(`a run without sources made points of ${added.join(', ')}`)
  }

  async killedRun(): Promise<void> {
    const running = this.site.start('backup')
    await new Promise((resolve) => setTimeout(resolve, this.chance.between(300, 3000)))
    running.kill('SIGKILL')
    await running.ended
    // What it started is told to end by the kernel, and takes back its locks.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    this.note()
  }

  async restore(component: TakenPoint['component'], words: readonly string[], target: string): Promise<void> {
    const { restore } = await this.site.ask('restore', component, ...words, '--to', target)
    if (component === 'database') this.provedBackup = restore.point as string
  }

  churn(date: string): void {
    this.documents.churn(date)
  }

  async commit(date: string): Promise<void> {
    const { clock, cluster } = this.site
    await cluster.query(`BEGIN; ${this.ledger.next(date)}; COMMIT`)
    this.era.commits.push({ at: clock.now(), digest: this.ledger.digest(), rows: this.ledger.content() })
  }

  /** Everything until now goes into the archive, with a commit behind it. */
  async archive(): Promise<void> {
    const { cluster, clock } = this.site
    clock.advanceTo(clock.now() + 60_000)
    const until = Math.floor(clock.now() / 1000) * 1000
    await cluster.query('SELECT txid_current()')
    await this.switchSegment()
    this.era.to = until
  }

  /** A segment of WAL that was archived is lost: what came after is out of reach until the next base backup. */
  async loseWal(date: string): Promise<void> {
    await this.commit(date)
    removeSegment(join(this.site.storage, 'database'), await this.switchSegment())
    const { timeline, commits } = this.era
    this.eras.push({ timeline, from: Infinity, to: 0, commits: commits.slice(-1) })
    this.isGapToTell = true
  }

  /** The segment that was switched, once it is in the archive. */
  private async switchSegment(): Promise<string> {
    const { cluster } = this.site
    const segment = await cluster.query('SELECT pg_walfile_name(pg_switch_wal())')
    // Not by pg_stat_archiver: right after a base backup its label is archived last, and looks like an earlier segment.
    const waiting = `SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name = '${segment}.ready'`
    for (let looks = 0; (await cluster.query(waiting)) !== '0'; looks += 1) {
      if (looks > 600) throw new Error(`WAL segment ${segment} is not archived`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return segment
  }

  /** The database goes back to before its last transaction and lives on from there, on a new timeline. */
  async goBackInTime(): Promise<void> {
    const { site } = this
    const last = this.era.commits.at(-1)?.at ?? 0
    const kept = commitAt(this.era, last - 60_000)
    const target = join(site.root, 'promoted')
    await this.restore('database', ['--at', isoSecond(last - 60_000)], target)
    await site.cluster.stop()
    const settings = join(target, 'postgresql.auto.conf')
    writeFileSync(settings, readFileSync(settings, 'utf8').replaceAll(/^archive_mode.*$/gm, ''))
    site.cluster.replaceData(target)
    await site.cluster.start()
    await site.ask('setup', 'apply', '--yes')
    this.ledger.goBackTo(kept.rows)
    const timeline = this.era.timeline + 1
    this.eras.push({ timeline, from: Infinity, to: 0, commits: [{ ...kept, at: site.clock.now() }] })
    // The copy was promoted where nothing is archived, so no history leads from the old line to the new one.
    this.isGapToTell = true
    await this.run()
    await this.archive()
  }

  private get era(): Era {
    return this.eras.at(-1) as Era
  }

  /** Takes down what appeared in the repositories, and what must be in it. */
  private note(pinned = false): string[] {
    const known = new Set(this.taken.map((point) => point.id))
    const at = this.site.clock.now()
    const date = dateIn(this.scenario.timeZone, at)
    const existing = this.existing()
    const added: string[] = []
    for (const component of ['documents', 'database'] as const) {
      const digest = component === 'documents' ? this.documents.digest() : this.ledger.digest()
      for (const id of existing[component].filter((candidate) => !known.has(candidate))) {
        this.taken.push({ component, id, at, date, digest, pinned })
        added.push(component)
      }
    }
    // The first base backup of a timeline is what makes its seconds restorable.
    if (added.includes('database')) this.era.from = Math.min(this.era.from, at + 1000)
    return added
  }
}

export const isoSecond = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`
