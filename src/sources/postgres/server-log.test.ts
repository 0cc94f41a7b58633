import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, type Instant } from '../../domain/clock.ts'
import type { Command } from '../../domain/command.ts'
import { createLocalPlace } from '../../places/local.ts'
import type { ContainerPlace, Place } from '../../places/place.ts'
import { logHere, logOfContainer } from './server-log.ts'

const now = instant(Date.UTC(2026, 0, 26, 12))
const { signal } = new AbortController()
const dropped = 'P00   WARN: dropped WAL file ‘000000010000000000000007’ because archive queue exceeded 1MB\n'

test('the log of a server is found by the collector’s own note, and old words in it don’t count', async () => {
  const data = temporaryFolder()
  const saysDropped = () => logHere(createLocalPlace(), data, signal).saysDropped({ listedAt: now, readAt: undefined })
  expect(await saysDropped()).toBeUndefined()
  writeFileSync(join(data, 'current_logfiles'), 'stderr server.log\n')
  const log = join(data, 'server.log')
  writeFileSync(log, dropped)
  utimesSync(log, now / 1000 + 1, now / 1000 + 1)
  expect(await saysDropped()).toBe(true)
  utimesSync(log, now / 1000 - 3600, now / 1000 - 3600)
  expect(await saysDropped()).toBe(false)
})

test('the log of a container is read from the later of listing and last look, with a minute more', async () => {
  const asked: string[][] = []
  const clientCommand = async (words: readonly string[]): Promise<Command> => {
    asked.push([...words])
    return { program: 'docker', arguments: words, environment: {}, secretEnvironment: [] }
  }
  const run =
    (line: string | undefined): Place['run'] =>
    async (_, { onStderrLine }) => {
      if (line !== undefined) await onStderrLine?.(line)
      return { exitCode: 0, signal: undefined, stdout: '', stderr: '' }
    }
  const saysDropped = async (line: string | undefined, readAt: Instant | undefined) => {
    const here: Place = { ...createLocalPlace(), run: run(line) }
    const place: ContainerPlace = { ...here, kind: 'container', clientCommand, stopLeftOver: async () => [] }
    return logOfContainer({ here, place, container: 'db', signal }).saysDropped({ listedAt: now, readAt })
  }
  expect(await saysDropped(dropped, undefined)).toBe(true)
  expect(await saysDropped('LOG: all is well', instant(now + 60_000))).toBeUndefined()
  const seconds = now / 1000
  expect(asked).toEqual([
    ['logs', '--since', String(seconds - 60), 'db'],
    ['logs', '--since', String(seconds), 'db'],
  ])
})
