import { execFile } from 'node:child_process'
import { appendFileSync, chownSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ServerClock } from './fake-clock.ts'

const run = promisify(execFile)

/** A PostgreSQL server under the simulated clock, as small as one can be, reachable only through a socket in its folder. */
export class TimedCluster {
  readonly dataDirectory: string
  private readonly folder: string
  private readonly clock: ServerClock
  private readonly programs: string

  private constructor(folder: string, clock: ServerClock) {
    const versions = readdirSync('/usr/lib/postgresql').toSorted((one, other) => Number(other) - Number(one))
    this.folder = folder
    this.dataDirectory = join(folder, 'data')
    this.clock = clock
    this.programs = join('/usr/lib/postgresql', versions[0] ?? '', 'bin')
  }

  static async create(folder: string, clock: ServerClock): Promise<TimedCluster> {
    const cluster = new TimedCluster(folder, clock)
    mkdirSync(folder)
    const { uid, gid } = statSync('/var/lib/postgresql')
    chownSync(folder, uid, gid)
    await cluster.server('initdb', ['--username=postgres', '--auth=trust', '--locale=C', '--no-sync', '--data-checksums'])
    // The years cross from one log of 4 GiB of WAL into the next; so does the short form, which begins right before it.
    await cluster.server('pg_resetwal', ['--next-wal-file=0000000100000000000000F0'])
    const settings = [
      "listen_addresses = ''",
      `unix_socket_directories = '${folder}'`,
      'shared_buffers = 16MB',
      'fsync = off',
      // What setup apply would otherwise restart it for, with the real clock.
      'archive_mode = on',
      // Its workers may have been started with the real clock, and date their commits by it.
      'autovacuum = off',
    ]
    appendFileSync(join(cluster.dataDirectory, 'postgresql.conf'), `\n${settings.join('\n')}\n`)
    await cluster.start()
    // Two thirds of an empty cluster are templates that nobody will use here.
    await cluster.query('ALTER DATABASE template0 IS_TEMPLATE false')
    await cluster.query('DROP DATABASE template0')
    return cluster
  }

  async start(): Promise<void> {
    await this.server('pg_ctl', ['-w', '-s', '-l', join(this.folder, 'postgresql.log'), 'start'])
  }

  async stop(): Promise<void> {
    await this.server('pg_ctl', ['-w', '-s', '-m', 'fast', 'stop'])
  }

  /** Another data directory takes the place of this one; the old one is kept beside it. The server must be down. */
  replaceData(other: string): void {
    renameSync(this.dataDirectory, `${this.dataDirectory}-${Date.now()}`)
    renameSync(other, this.dataDirectory)
  }

  query(sql: string): Promise<string> {
    return ask(this.folder, sql)
  }

  /** Starts a restored data directory, asks it one question, and stops it. It recovers from nowhere: it was started before. */
  async askCopy(dataDirectory: string, socketFolder: string, sql: string): Promise<string> {
    mkdirSync(socketFolder, { recursive: true })
    const { uid, gid } = statSync(dataDirectory)
    chownSync(socketFolder, uid, gid)
    const control = (...words: string[]) => this.server('pg_ctl', ['-w', '-s', ...words], dataDirectory)
    await control('-l', join(socketFolder, 'log'), '-o', `-k '${socketFolder}' -c archive_mode=off`, 'start')
    try {
      return await ask(socketFolder, sql)
    } finally {
      await control('-m', 'immediate', 'stop')
    }
  }

  /** Runs one of the server's programs as the owner of the cluster, on a data directory. */
  private async server(program: string, words: readonly string[], dataDirectory = this.dataDirectory): Promise<void> {
    const { uid, gid } = statSync(this.folder)
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', ...this.clock.followingEnvironment() }
    await run(join(this.programs, program), ['-D', dataDirectory, ...words], { uid, gid, cwd: '/', env })
  }
}

async function ask(socketFolder: string, sql: string): Promise<string> {
  const words = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', `--command=${sql}`]
  const { stdout } = await run('psql', [`--host=${socketFolder}`, '--username=postgres', ...words, 'postgres'])
  return stdout.trim()
}
