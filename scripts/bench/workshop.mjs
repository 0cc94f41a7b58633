import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Starts a command and asks the kernel, with wait4, what it took: processor time of the process and of all descendants
 * that it waited for, in microseconds, and the peak memory of the largest of them; and how long that was by the clock. Node can ask that only for itself; and a
 * child of a large process would be given its parent's memory as a peak, so a small Python (borgmatic brings it) stands
 * in between.
 */
const meter = `
import json, os, signal, sys, time
output, errors, *command = sys.argv[1:]
beganAt = time.monotonic()
child = os.fork()
if child == 0:
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for name, target in ((output, 1), (errors, 2)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), target)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, str(error).encode())
    finally:
        os._exit(127)
for name in (signal.SIGINT, signal.SIGTERM):
    signal.signal(name, signal.SIG_IGN)
_, status, usage = os.wait4(child, 0)
print(json.dumps({'exitCode': os.waitstatus_to_exitcode(status), 'cpuMs': (usage.ru_utime + usage.ru_stime) * 1000,
                  'wallMs': (time.monotonic() - beganAt) * 1000, 'peakBytes': usage.ru_maxrss * 1024}))
`

export const tell = (text) => process.stderr.write(text)

export const dayMs = 86_400_000
export const iso = (milliseconds) => new Date(milliseconds).toISOString()
export const hex = (length) => randomBytes(length / 2).toString('hex')

export const median = (numbers) => {
  const sorted = numbers.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of the ratios within a round, so that a slow minute weighs on both sides. */
export const ratioOf = (one, other) => median(one.map((value, round) => value / other[round]))

/** A temporary folder in which commands are measured. Nothing of the person's own settings gets in, and no engine finds a home. */
export class Workshop {
  #running
  #stopped = false

  constructor(neededBytes) {
    this.root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
    this.environment = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: this.at('home'), TMPDIR: this.at('tmp') }
    const { bavail, bsize } = statfsSync(this.root)
    if (bavail * bsize < neededBytes) {
      this.remove()
      throw new Error(`${this.root} has less than ${neededBytes / 1e9} GB free: set TMPDIR to another place`)
    }
    for (const folder of ['home', 'tmp', 'storage']) mkdirSync(this.at(folder))
    // Ctrl-C ends the command under measure and waits for it, as engines clear up behind themselves; then the folder goes.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => this.#stop())
  }

  at(...parts) {
    return join(this.root, ...parts)
  }

  write(file, text, mode = 0o600) {
    mkdirSync(dirname(this.at(file)), { recursive: true, mode: 0o700 })
    writeFileSync(this.at(file), text, { mode })
  }

  /** Runs a command; a failure of it is the end of the measuring, unless its exit code is one that is wanted. */
  async measure(command, extraEnvironment = {}, wanted = [0]) {
    if (this.#stopped) throw new Error('stopped')
    const files = [this.at('output'), this.at('errors')]
    const child = spawn('/usr/bin/python3', ['-I', '-S', '-c', meter, ...files, ...command], {
      cwd: this.root,
      env: { ...this.environment, ...extraEnvironment },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    this.#running = child
    let answer = ''
    child.stdout.on('data', (chunk) => (answer += chunk))
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    this.#running = undefined
    if (this.#stopped) throw new Error('stopped')
    const usage = JSON.parse(answer || '{ "exitCode": "unknown" }')
    if (!wanted.includes(usage.exitCode)) {
      const printed = files
        .map((file) => readFileSync(file, 'utf8'))
        .join('')
        .trim()
      throw new Error(`${command.join(' ')} ended with exit code ${usage.exitCode}${printed === '' ? '' : `:\n${printed}`}`)
    }
    return usage
  }

  async outputOf(command, extraEnvironment = {}) {
    await this.measure(command, extraEnvironment)
    return readFileSync(this.at('output'), 'utf8')
  }

  /** Measures named commands in turn. One round before the first warms the page cache, and isn't counted. */
  async alternate(rounds, commands) {
    const usages = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
    for (let round = 0; round <= rounds; round += 1) {
      tell(round === 0 ? `${Object.keys(commands).join(', ')}: ` : '.')
      for (const [name, command] of Object.entries(commands)) {
        const usage = await this.measure(command)
        if (round > 0) usages[name].push(usage)
      }
    }
    tell('\n')
    return usages
  }

  remove() {
    rmSync(this.root, { recursive: true, force: true })
  }

  #stop() {
    this.#stopped = true
    try {
      if (this.#running !== undefined) process.kill(-this.#running.pid, 'SIGTERM')
    } catch {
      // It ended a moment ago.
    }
  }
}
