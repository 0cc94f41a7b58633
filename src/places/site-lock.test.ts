import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, onTestFinished, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { fixedClock } from '../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { createLocalPlace } from './local.ts'
import { withSiteLock, type LockOptions } from './site-lock.ts'

function lockOptions(file: string, more: Partial<LockOptions> = {}): LockOptions {
  const end = new AbortController()
  onTestFinished(() => end.abort())
  return {
    place: createLocalPlace(),
    clock: fixedClock('2026-01-26T03:00:00Z'),
    signal: end.signal,
    file,
    verb: 'backup',
    waitMs: 0,
    onWait: () => undefined,
    ...more,
  }
}

/** Something that goes on until it is told to end. */
function openEnded(): { begun: Promise<void>; work: () => Promise<void>; end: () => void } {
  let begin = (): void => undefined
  let end = (): void => undefined
  const begun = new Promise<void>((resolve) => (begin = resolve))
  const ended = new Promise<void>((resolve) => (end = resolve))
  const work = async () => {
    begin()
    await ended
  }
  return { begun, work, end }
}

const lockFile = (): string => join(temporaryFolder(), 'pi-hosting', 'lock')

describe('the lock of a site', () => {
  test('gives back what the work under it gave, and makes the folder that it needs', async () => {
    const file = lockFile()
    expect(await withSiteLock(lockOptions(file), async () => 'done')).toBe('done')
    expect(existsSync(file)).toBe(true)
  })

  test('is held until the work has ended, also when it is told to stop', async () => {
    const file = lockFile()
    const stopping = new AbortController()
    const first = openEnded()
    const holding = withSiteLock(lockOptions(file, { signal: stopping.signal }), first.work)
    await first.begun
    stopping.abort()
    // As long as a process that is told to end may take.
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await failureOf(() => withSiteLock(lockOptions(file), async () => undefined))).toMatchObject({ code: 'locked' })
    first.end()
    await holding
    await withSiteLock(lockOptions(file), async () => undefined)
  })

  test('lets only one work at a time: the second is told who holds it, and does nothing', async () => {
    const file = lockFile()
    const first = openEnded()
    const holding = withSiteLock(lockOptions(file), first.work)
    await first.begun
    let began = false
    const failure = await failureOf(() =>
      withSiteLock(lockOptions(file, { verb: 'restore' }), async () => {
        began = true
      }),
    )
    expect(failure).toMatchObject({
      code: 'locked',
      message: `another holdfast works on this site: backup, process ${process.pid}, since 2026-01-26T03:00:00Z`,
      hint: 'wait until it is done; holdfast backup --wait 30m does so by itself',
    })
    expect(began).toBe(false)
    first.end()
    await holding
  })

  test('is waited for as long as was asked, and then taken', async () => {
    const file = lockFile()
    const first = openEnded()
    const order: string[] = []
    const holding = withSiteLock(lockOptions(file), first.work).then(() => order.push('first ended'))
    await first.begun
    const waiting = withSiteLock(
      lockOptions(file, {
        waitMs: 60_000,
        onWait: (holder) => {
          order.push(`waits for ${holder.split(',')[0]}`)
          first.end()
        },
      }),
      async () => void order.push('second began'),
    )
    await Promise.all([holding, waiting])
    expect(order[0]).toBe('waits for backup')
    expect(order).toContain('second began')
    expect(readFileSync(file, 'utf8')).toContain('"verb":"backup"')
  })

  test('is waited for no longer than was asked', async () => {
    const file = lockFile()
    const first = openEnded()
    const holding = withSiteLock(lockOptions(file), first.work)
    await first.begun
    const failure = await failureOf(() => withSiteLock(lockOptions(file, { waitMs: 100 }), async () => undefined))
    expect(failure.code).toBe('locked')
    first.end()
    await holding
  })

  test('ends the waiting when the person does', async () => {
    const file = lockFile()
    const first = openEnded()
    const holding = withSiteLock(lockOptions(file), first.work)
    await first.begun
    const stopping = new AbortController()
    const options = lockOptions(file, { waitMs: 60_000, signal: stopping.signal, onWait: () => stopping.abort() })
    expect((await failureOf(() => withSiteLock(options, async () => undefined))).code).toBe('interrupted')
    first.end()
    await holding
  })

  test('is free again after the work failed', async () => {
    const file = lockFile()
    const boom = new Error('boom')
    await expect(withSiteLock(lockOptions(file), () => Promise.reject(boom))).rejects.toBe(boom)
    expect(await withSiteLock(lockOptions(file), async () => 'taken')).toBe('taken')
  })

  test('holds although nobody can read who holds it', async () => {
    const file = lockFile()
    const first = openEnded()
    const holding = withSiteLock(lockOptions(file), first.work)
    await first.begun
    writeFileSync(file, '{"pid": 12')
    expect((await failureOf(() => withSiteLock(lockOptions(file), async () => undefined))).message).toBe(
      'another holdfast works on this site: a process that has not written its name yet',
    )
    first.end()
    await holding
  })

  test('says what is wrong when the file cannot be locked', async () => {
    const file = join(temporaryFolder(), 'lock')
    symlinkSync('/nowhere/lock', file)
    const failure = await failureOf(() => withSiteLock(lockOptions(file), async () => undefined))
    expect(failure.code).toBe('unexpected')
    expect(failure.message).toMatch(new RegExp(`^cannot lock ${file}: flock: cannot open lock file`))
  })

  test('is gone with a process that was killed with kill -9', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'lock')
    const program = join(folder, 'hold-lock.mjs')
    await build({ entryPoints: ['test/support/hold-lock.ts'], outfile: program, bundle: true, platform: 'node', format: 'esm' })
    const holder = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')
    const refused = await failureOf(() => withSiteLock(lockOptions(file), async () => undefined))
    expect(refused.message).toContain(`backup, process ${holder.pid}, since `)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(await withSiteLock(lockOptions(file, { waitMs: 20_000 }), async () => 'taken')).toBe('taken')
  })
})
