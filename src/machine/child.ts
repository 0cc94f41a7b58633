import { spawn } from 'node:child_process'
import { HoldfastError } from '../domain/errors.ts'
import { formatDuration, type Duration } from '../domain/duration.ts'

export interface Answer {
  readonly exitCode: number | undefined
  readonly errors: string
}

/** Nobody reads more than the first lines. */
const mostErrors = 4096

/**
 * Has a program of Debian's base system look at what may never answer. Throws `timeout` when nothing is heard of it for so long.
 *
 * The kernel keeps a process that waits for a dead server, whatever it is sent. So it is killed and not waited for: its pipes are
 * closed, and it is no reason for us to stay either.
 */
export function askChild(
  program: string,
  words: readonly string[],
  silenceMs: Duration,
  onOutput: (text: string) => void = () => undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const giveUp = () => {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()
      reject(new HoldfastError('timeout', `nothing was heard of ${program} for ${formatDuration(silenceMs)}`))
    }
    const deadline = setTimeout(giveUp, silenceMs)
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      deadline.refresh()
      onOutput(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (errors.length < mostErrors) errors += text
    })
    child.once('error', (cause) => {
      clearTimeout(deadline)
      reject(new HoldfastError('program-missing', `cannot start ${program}: ${cause.message}`, { cause }))
    })
    child.once('close', (exitCode) => {
      clearTimeout(deadline)
      resolve({ exitCode: exitCode ?? undefined, errors })
    })
  })
}
