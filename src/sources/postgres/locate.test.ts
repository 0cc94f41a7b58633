import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import type { Command } from '../../domain/command.ts'
import type { DatabaseContainer, PostgresSource } from '../../domain/site.ts'
import { createLocalPlace } from '../../places/local.ts'
import type { ContainerPlace } from '../../places/place.ts'
import { locate } from './locate.ts'

const { signal } = new AbortController()
const here = createLocalPlace()
const source: PostgresSource = {
  ...{ kind: 'postgres', dataDirectory: '/var/lib/postgresql/data', port: undefined, socketDirectory: undefined },
  ...{ user: 'postgres', database: 'postgres', full: 'weekly', between: 'differential', processes: 1, heartbeat: true },
}
const container: DatabaseContainer = { name: 'db', runtime: 'docker', user: 'postgres', findsData: true }

/** A container whose shell answers with lines, as the look inside prints them; psql answers with `configuration`. */
function inside(lines: readonly string[], configuration = ''): ContainerPlace {
  const client = async (words: readonly string[]): Promise<Command> => ({
    ...{ program: 'docker', arguments: words, environment: {}, secretEnvironment: [] },
  })
  return {
    ...here,
    kind: 'container',
    name: 'container db',
    clientCommand: client,
    stopLeftOver: async () => [],
    run: async ({ program }) => ({
      ...{ exitCode: 0, signal: undefined, stderr: '' },
      stdout: program === 'sh' ? lines.join('\n') : configuration,
    }),
  }
}

const looked = ['/srv/data', '999', '998', '999', 'postgres', 'y', '5432', '/var/run/postgresql']
const locateInside = (place: ContainerPlace) => locate({ here, place, source: { ...source, container }, signal })

describe('a server in a container', () => {
  test('is found by one look inside, with what that shows', async () => {
    const server = await locateInside(inside(looked))
    expect(server.address).toEqual({ socketDirectory: '/var/run/postgresql', port: 5432, owner: undefined, container: 'db' })
    expect(server.container).toMatchObject({ dataDirectory: '/srv/data', uid: 999, gid: 998 })
    expect(server.container).toMatchObject({ isFirstProcess: true, archivesInBackground: true })
  })

  test('is stopped and started by the client of its runtime', async () => {
    const { stop, restart } = await (await locateInside(inside(looked))).control()
    expect([stop.program, ...stop.arguments]).toEqual(['docker', 'stop', '-t', '120', 'db'])
    expect(restart.arguments).toEqual(['restart', 'db'])
  })

  test('has its configuration outside only where that does not lie in its data, by the paths inside', async () => {
    const file = async (path: string) => (await locateInside(inside(looked, path))).configurationFile()
    expect(await file('/srv/data/postgresql.conf')).toBeUndefined()
    expect(await file('/etc/postgresql.conf')).toBe('/etc/postgresql.conf')
  })

  test.each([
    ['holds no data directory', ['/srv/data', '999', '998', ''], 'source-missing'],
    ['belongs to somebody else', ['/srv/data', '0', '0', '999'], 'no-access'],
    ['runs no server', ['/srv/data', '999', '998', '999', 'sh', '', '', ''], 'postgres-down'],
  ])('that %s is refused', async (_what, lines, code) => {
    expect((await failureOf(() => locateInside(inside(lines)))).code).toBe(code)
  })
})

test('a server of this machine is found by its own note, and asked at its socket', async () => {
  const dataDirectory = join(temporaryFolder(), 'data')
  mkdirSync(dataDirectory)
  writeFileSync(join(dataDirectory, 'PG_VERSION'), '15\n')
  writeFileSync(join(dataDirectory, 'postmaster.pid'), ['4711', dataDirectory, '0', '5433', '/run/pg', ''].join('\n'))
  const server = await locate({ here, place: here, source: { ...source, dataDirectory }, signal })
  expect(server.address).toEqual({ socketDirectory: '/run/pg', port: 5433, owner: undefined })
  expect(server.container).toBeUndefined()
})
