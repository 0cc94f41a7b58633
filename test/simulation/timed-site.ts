import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { EnginePair } from '../support/engines.ts'
import { passphrase, startProcess, writeSecret, type Answer, type Running } from '../support/test-site.ts'
import { TimedCluster } from './cluster.ts'
import { writeTimedEngines } from './engines.ts'
import { FakeClock, removeLeftSemaphores } from './fake-clock.ts'

/** What the simulated site promises: so many days and months. */
export interface SimulatedPolicy {
  readonly daily: number
  readonly monthly: number | 'forever'
}

export interface TimedSiteOptions {
  readonly startsAt: number
  readonly timeZone: string
  readonly policy: SimulatedPolicy
  readonly pair: EnginePair
}

/** A site with a database and a folder, driven through the command line as it is shipped, on a clock of its own. */
export class TimedSite {
  readonly root = mkdtempSync(join(tmpdir(), 'holdfast-years-'))
  readonly clock = new FakeClock(this.root)
  readonly documents = join(this.root, 'documents')
  /** Where the repositories of the site lie. */
  readonly storage = join(this.root, 'storage/home')
  private readonly running = new Set<Running>()
  private readonly caretaker = careFor(this.root)
  private readonly options: TimedSiteOptions
  private made: TimedCluster | undefined

  private constructor(options: TimedSiteOptions) {
    this.options = options
    // The owner of the cluster has to get through.
    chmodSync(this.root, 0o755)
    this.clock.advanceTo(options.startsAt)
  }

  static async create(options: TimedSiteOptions): Promise<TimedSite> {
    const site = new TimedSite(options)
    try {
      mkdirSync(join(site.root, 'site/secrets'), { recursive: true })
      writeSecret(site.root, 'restic.key', passphrase)
      site.made = await TimedCluster.create(join(site.root, 'postgres'), site.clock)
      site.useEngines(options.pair)
      return site
    } catch (error) {
      await site.remove()
      throw error
    }
  }

  get cluster(): TimedCluster {
    if (this.made === undefined) throw new Error('the simulated cluster was not made')
    return this.made
  }

  /** From now on this pair of engines; `setup apply` has to follow. */
  useEngines(pair: EnginePair): void {
    const { policy, timeZone } = this.options
    const configuration = {
      site: 'home',
      timezone: timeZone,
      storage: { directory: join(this.root, 'storage') },
      patience: '20s',
      engines: writeTimedEngines(join(this.root, 'engines'), this.clock, pair, this.storage),
      retention: policy,
      components: {
        database: { postgres: { dataDirectory: this.cluster.dataDirectory } },
        documents: { files: { paths: [this.documents] } },
      },
    }
    writeFileSync(join(this.root, 'site/holdfast.yaml'), stringify(configuration, { lineWidth: 0 }))
  }

  start(...words: string[]): Running {
    const running = startProcess(words, {
      PATH: process.env['PATH'] ?? '',
      HOME: this.root,
      TMPDIR: tmpdir(),
      HOLDFAST_CONFIG: join(this.root, 'site/holdfast.yaml'),
      HOLDFAST_STATE_DIR: join(this.root, 'state'),
      HOLDFAST_CACHE_DIR: join(this.root, 'cache'),
      HOLDFAST_RUNTIME_DIR: join(this.root, 'run'),
      ...this.clock.environment(),
    })
    this.running.add(running)
    void running.ended.finally(() => this.running.delete(running))
    return running
  }

  holdfast(...words: string[]): Promise<Answer> {
    return this.start(...words).ended
  }

  /** The same with --json, whose document it gives back. Throws when the exit code isn't 0. */
  async ask(...words: string[]): Promise<Answer['json']> {
    const answer = await this.holdfast(...words, '--json')
    if (answer.exitCode !== 0) throw new Error(`holdfast ${words.join(' ')} ended with ${answer.exitCode}:\n${answer.text}`)
    return answer.json
  }

  /** All records of the journal, oldest first. */
  journal(): Answer['json'][] {
    const folder = join(this.root, 'state/home/journal')
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .toSorted()
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown)
  }

  async remove(): Promise<void> {
    for (const running of this.running) running.kill('SIGKILL')
    await Promise.allSettled([...this.running].map((running) => running.ended))
    await this.made?.stop().catch(() => undefined)
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10 })
    this.caretaker.kill()
    removeLeftSemaphores()
  }
}

/**
 * Clears away what is left of a site when its test is no more, be it that somebody pressed Ctrl-C in the middle of a year. It
 * waits for the end of its input, which comes when this process ends, however it does. A run that goes on without its test
 * may write for a moment longer.
 */
function careFor(root: string) {
  const script = `cat
    kill -QUIT "$(head -n 1 "$1/postgres/data/postmaster.pid")"
    for seconds in 2 5 20; do rm -rf "$1"; sleep $seconds; done
    rm -rf "$1"`
  return spawn('sh', ['-c', script, 'sh', root], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
}
