import { chmodSync, copyFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { fixedClock } from '../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Command } from '../domain/command.ts'
import { createLocalPlace } from '../places/local.ts'
import type { Place } from '../places/place.ts'
import { InstalledEngines, type WantedEngine } from './installed.ts'

const context = {
  signal: new AbortController().signal,
  clock: fixedClock('2026-01-26T03:00:00Z'),
  report: () => undefined,
}

/** A program in a folder of its own, a place that finds it there and answers for it, and how often that was. */
function installed(text = 'restic 0.18.0') {
  const folder = temporaryFolder()
  const program = join(folder, 'restic')
  const question: Command = { program, arguments: ['version'], environment: {}, secretEnvironment: [] }
  const wanted: WantedEngine = { name: 'restic', question, oldest: [0, 14] }
  const asked: string[] = []
  const place: Place = {
    ...createLocalPlace(),
    // The program itself can't run: that nobody asks it is what this is about.
    run: async () => {
      const stdout = readFileSync(program, 'utf8')
      asked.push(stdout)
      return { exitCode: 0, signal: undefined, stdout, stderr: '' }
    },
  }
  const install = (content: string) => {
    writeFileSync(program, content)
    chmodSync(program, 0o755)
  }
  install(text)
  const cache = join(folder, 'cache')
  const versionOf = (engines: InstalledEngines) => engines.versionOf(wanted, context)
  return { program, place, asked, install, cache, versionOf, nextProcess: () => new InstalledEngines(place, cache) }
}

describe('the version of an engine', () => {
  test('is asked once, for all components and runs', async () => {
    const { asked, versionOf, nextProcess } = installed()
    const engines = nextProcess()
    expect([await versionOf(engines), await versionOf(engines)]).toEqual([
      [0, 18, 0],
      [0, 18, 0],
    ])
    expect(await versionOf(nextProcess())).toEqual([0, 18, 0])
    expect(asked).toHaveLength(1)
  })

  test('is asked once a process where nothing may be kept', async () => {
    const { asked, place, versionOf } = installed()
    const engines = new InstalledEngines(place)
    await versionOf(engines)
    await versionOf(engines)
    await versionOf(new InstalledEngines(place))
    expect(asked).toHaveLength(2)
  })

  test('is asked again after an upgrade, also in the middle of a run', async () => {
    const { install, versionOf, nextProcess } = installed()
    const engines = nextProcess()
    await versionOf(engines)
    install('restic 0.19.0')
    expect(await versionOf(engines)).toEqual([0, 19, 0])
    install('restic 0.19.10')
    expect(await versionOf(nextProcess())).toEqual([0, 19, 10])
  })

  test('is asked again when a file of the same size and age took its place', async () => {
    const { program, install, versionOf, nextProcess } = installed()
    const age = new Date('2026-01-01T00:00:00Z')
    utimesSync(program, age, age)
    await versionOf(nextProcess())
    install('restic 0.17.3')
    utimesSync(program, age, age)
    expect(await versionOf(nextProcess())).toEqual([0, 17, 3])
  })

  test('is asked of every process when the program is a script, which may start another engine tomorrow', async () => {
    const { asked, cache, versionOf, nextProcess } = installed('#!/bin/sh\necho restic 0.18.0\n')
    const engines = nextProcess()
    await versionOf(engines)
    await versionOf(engines)
    await versionOf(nextProcess())
    expect(asked).toHaveLength(2)
    expect(existsSync(join(cache, 'engines/restic.json'))).toBe(false)
  })

  test.each(['', '{"file":"/us', 'null', '{}', '{"version":"0.18"}', '{"version":[]}', '{"version":[null]}'])(
    'is asked where the memory was torn or is somebody else’s: %j',
    async (content) => {
      const { asked, cache, versionOf, nextProcess } = installed()
      await versionOf(nextProcess())
      writeFileSync(join(cache, 'engines/restic.json'), content)
      expect(await versionOf(nextProcess())).toEqual([0, 18, 0])
      expect(asked).toHaveLength(2)
    },
  )

  test('is told although the cache cannot be written', async () => {
    const { cache, versionOf, nextProcess } = installed()
    writeFileSync(cache, 'a file where a folder should be')
    expect(await versionOf(nextProcess())).toEqual([0, 18, 0])
  })
})

describe('an engine that cannot be used', () => {
  test('is found missing however well it was known', async () => {
    const { program, versionOf, nextProcess } = installed()
    const engines = nextProcess()
    await versionOf(engines)
    chmodSync(program, 0o644)
    expect((await failureOf(() => versionOf(engines))).code).toBe('engine-missing')
    expect((await failureOf(() => versionOf(nextProcess()))).code).toBe('engine-missing')
  })

  test('is found too old, also when that was known before', async () => {
    const { asked, versionOf, nextProcess } = installed('restic 0.9.6')
    expect((await failureOf(() => versionOf(nextProcess()))).code).toBe('engine-too-old')
    expect((await failureOf(() => versionOf(nextProcess()))).code).toBe('engine-too-old')
    expect(asked).toHaveLength(1)
  })

  test('is asked again after it told nothing', async () => {
    const { install, versionOf, nextProcess } = installed('out of memory')
    const engines = nextProcess()
    expect((await failureOf(() => versionOf(engines))).code).toBe('engine-output')
    install('restic 0.18.0')
    expect(await versionOf(engines)).toEqual([0, 18, 0])
  })

  test('is asked for real', async () => {
    const folder = temporaryFolder()
    const program = join(folder, 'echo')
    copyFileSync('/bin/echo', program)
    const question: Command = { program, arguments: ['restic', '0.18.0'], environment: {}, secretEnvironment: [] }
    const engines = new InstalledEngines(createLocalPlace(), join(folder, 'cache'))
    expect(await engines.versionOf({ name: 'restic', question, oldest: [0, 14] }, context)).toEqual([0, 18, 0])
  })
})
