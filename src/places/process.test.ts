import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { isAlive, killWhenFinished, until } from '../../test/support/processes.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Finished, RunOptions } from './place.ts'
import { runProcess } from './process.ts'
import { createRedactor } from './redaction.ts'

const minuteMs = 60_000

/** Runs a script of /bin/sh; it is stopped when the test is over, however that ends. */
function run(script: string, options: Partial<RunOptions> = {}, secrets: readonly string[] = []): Promise<Finished> {
  return runProgram('/bin/sh', ['-c', script], options, secrets)
}

function runProgram(
  program: string,
  words: readonly string[],
  options: Partial<RunOptions> = {},
  secrets: readonly string[] = [],
): Promise<Finished> {
  const end = new AbortController()
  onTestFinished(() => end.abort())
  const signal = AbortSignal.any([end.signal, ...(options.signal === undefined ? [] : [options.signal])])
  return runProcess(
    { program, arguments: words, environment: { PATH: '/usr/bin:/bin' }, redact: createRedactor(secrets) },
    { deadlineMs: minuteMs, ...options, signal },
  )
}

/** A listener that collects process ids, one a line, and passes over other lines. */
function pidsInto(pids: number[]): (line: string) => void {
  return (line) => {
    const pid = Number(line)
    if (!Number.isInteger(pid)) return
    killWhenFinished(pid)
    pids.push(pid)
  }
}

describe('a process that ends by itself', () => {
  test('gives back its exit code, and its lines in order, blank ones left out', async () => {
    const lines: string[] = []
    const finished = await run('printf "one\\n\\ntwo\\rthree\\nfour"; exit 3', { onStdoutLine: (line) => void lines.push(line) })
    expect(lines).toEqual(['one', 'two', 'three', 'four'])
    expect(finished).toEqual({ exitCode: 3, signal: undefined, stdout: '', stderr: '' })
  })

  test('tells the signal when something killed it', async () => {
    expect(await run('kill -KILL $$')).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' })
  })

  test('keeps the beginning and the end of a long standard error, and cuts the middle', async () => {
    const { stderr } = await run('i=0; while [ $i -lt 3000 ]; do echo "line $i" >&2; i=$((i+1)); done')
    expect(stderr).toMatch(/^line 0\nline 1\n/)
    expect(stderr).toMatch(/… \d+ characters cut …/)
    expect(stderr).toMatch(/line 2998\nline 2999$/)
    expect(stderr.length).toBeLessThan(8100)
  })

  test('sees no variable of ours, only what it is given', async () => {
    const { stdout } = await runProgram('/usr/bin/env', [], { captureBytes: 1000 })
    expect(stdout).toBe('PATH=/usr/bin:/bin\n')
  })

  test('never lets a secret out, whichever way it goes', async () => {
    const secret = 'correct horse battery'
    const lines: string[] = []
    const script = `echo 'out ${secret}'; echo 'err ${secret}' >&2`
    const onStderrLine = (line: string) => void lines.push(line)
    const captured = await run(script, { captureBytes: 1000, onStderrLine }, [secret])
    await run(script, { onStdoutLine: onStderrLine }, [secret])
    expect(captured).toMatchObject({ stdout: 'out [redacted]\n', stderr: 'err [redacted]' })
    expect(lines).toEqual(['err [redacted]', 'out [redacted]'])
  })

  test('may take months, which is more than Node’s timers know', async () => {
    expect(await run('sleep 0.1', { deadlineMs: 60 * 86_400_000 })).toMatchObject({ exitCode: 0 })
  })

  test('is told from one that could not be started', async () => {
    expect(await failureOf(() => runProgram('/nowhere/restic', []))).toMatchObject({
      code: 'program-missing',
      message: 'cannot start /nowhere/restic: it does not exist',
    })
  })
})

describe('a process that is stopped', () => {
  test('settles only when it is gone, after it had its time to tidy up', async () => {
    const stopping = new AbortController()
    const pids: number[] = []
    const said: string[] = []
    const running = run("trap 'sleep 0.3; echo tidied >&2; exit 0' TERM; echo $$; while :; do sleep 0.01; done", {
      signal: stopping.signal,
      onStdoutLine: (line) => {
        pidsInto(pids)(line)
        stopping.abort()
      },
      onStderrLine: (line) => void said.push(line),
    })
    expect(await failureOf(() => running)).toMatchObject({ code: 'interrupted', message: 'sh was stopped' })
    expect(pids.map(isAlive)).toEqual([false])
    expect(said).toContain('tidied')
  })

  test('is killed after the grace when it ignores TERM, with every child that does', { timeout: 10_000 }, async () => {
    const stopping = new AbortController()
    const pids: number[] = []
    const running = run("trap '' TERM; (while :; do sleep 0.05; done) & echo $!; echo $$; while :; do sleep 0.05; done", {
      signal: stopping.signal,
      graceMs: 100,
      onStdoutLine: (line) => {
        pidsInto(pids)(line)
        if (pids.length === 2) stopping.abort()
      },
    })
    expect((await failureOf(() => running)).code).toBe('interrupted')
    expect(pids.map(isAlive)).toEqual([false, false])
  })

  test('is stopped although the wish came while it was still being started', async () => {
    const stopping = new AbortController()
    const running = run('exec sleep 300', { signal: stopping.signal })
    stopping.abort()
    expect((await failureOf(() => running)).code).toBe('interrupted')
  })

  test('is not even started when the wish came before', async () => {
    const marker = join(temporaryFolder(), 'started')
    expect((await failureOf(() => run(`touch ${marker}`, { signal: AbortSignal.abort() }))).code).toBe('interrupted')
    expect(existsSync(marker)).toBe(false)
  })

  test('ends with the reason that it was stopped for, when that is an error of the catalogue', async () => {
    const { HoldfastError } = await import('../domain/errors.ts')
    const reason = new HoldfastError('storage-unreachable', 'the storage has not answered for 3m')
    expect(await failureOf(() => run('sleep 300', { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  test('ends with timeout, and with what it said, when its deadline passes', async () => {
    const pids: number[] = []
    const running = run('echo stuck >&2; echo $$; exec sleep 300', { deadlineMs: 500, onStdoutLine: pidsInto(pids) })
    expect(await failureOf(() => running)).toMatchObject({
      code: 'timeout',
      message: 'sh took longer than 1s and was stopped',
      detail: 'stuck',
    })
    expect(pids.map(isAlive)).toEqual([false])
  })
})

test('a grandchild that keeps the pipe open changes no result: it is stopped, or not waited for if it left the group', async () => {
  const stopped: number[] = []
  const left: number[] = []
  const finished = await Promise.all([
    run('sleep 300 & echo $!; exit 7', { onStdoutLine: pidsInto(stopped) }),
    run('setsid sh -c "echo \\$\\$; exec sleep 300" & exit 8', { onStdoutLine: pidsInto(left) }),
  ])
  expect(finished.map(({ exitCode }) => exitCode)).toEqual([7, 8])
  expect(stopped.map(isAlive)).toEqual([false])
  expect(left.map(isAlive)).toEqual([true])
})

describe('a listener', () => {
  test('that is slow slows the process down instead of filling the memory', async () => {
    const folder = temporaryFolder()
    const progress = join(folder, 'written')
    const lines = 1000
    // Each line is 4 kB: 4 MB in all, of which pipe and buffers hold a fraction.
    const script = `
      const fs = require('node:fs')
      for (let line = 1; line <= ${lines}; line += 1) {
        fs.writeSync(1, 'x'.repeat(4095) + '\\n')
        fs.appendFileSync(${JSON.stringify(progress)}, 'x')
      }`
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    let heard = 0
    const running = runProgram(process.execPath, ['-e', script], {
      onStdoutLine: async () => {
        heard += 1
        await gate
      },
    })
    await until(() => heard === 1 && written() > 0)
    let before = 0
    for (let now = written(); now !== before; now = written()) {
      before = now
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    expect(heard).toBe(1)
    expect(before).toBeLessThan(lines / 4)
    open()
    expect(await running).toMatchObject({ exitCode: 0, stderr: '' })
    expect(heard).toBe(lines)

    function written(): number {
      return statSync(progress, { throwIfNoEntry: false })?.size ?? 0
    }
  })

  test('that is slow still hears the last words of a process that has gone', async () => {
    const words = 20_000
    let heard = 0
    let last = ''
    // More than fits into the pipe's buffers at once, so that some is read only when the process is long gone.
    await run(`seq ${words}; echo summary`, {
      onStdoutLine: async (line) => {
        heard += 1
        last = line
        if (heard === 1) await new Promise((resolve) => setTimeout(resolve, 1300))
      },
    })
    expect(last).toBe('summary')
    expect(heard).toBe(words + 1)
  })

  test('that throws stops the process, and its error is the result', async () => {
    const pids: number[] = []
    const boom = new Error('the disk of the journal is full')
    const running = run('echo $$; while :; do echo more; sleep 0.01; done', {
      onStdoutLine: (line) => {
        if (pids.length > 0) throw boom
        pidsInto(pids)(line)
      },
    })
    await expect(running).rejects.toBe(boom)
    expect(pids.map(isAlive)).toEqual([false])
  })
})

describe('an answer that is kept', () => {
  test('comes back whole, up to its bound', async () => {
    expect((await run('printf %1000s x', { captureBytes: 1000 })).stdout).toBe('x'.padStart(1000))
  })

  test('stops the process when it grows past its bound', { timeout: 10_000 }, async () => {
    const pids: number[] = []
    const running = run('echo $$ >&2; while :; do echo more; done', { captureBytes: 1000, onStderrLine: pidsInto(pids) })
    expect(await failureOf(() => running)).toMatchObject({
      code: 'engine-output',
      message: 'an answer grew past 1000 bytes',
    })
    expect(pids.map(isAlive)).toEqual([false])
  })
})
