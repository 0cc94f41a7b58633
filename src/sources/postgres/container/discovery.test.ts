import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts'
import type { Finished, Place } from '../../../places/place.ts'
import { createLocalPlace } from '../../../places/local.ts'
import { discoverContainers } from './discovery.ts'
import { mountOf, parseInspection } from './inspection.ts'

/** As docker 20.10 and podman 4.3 answer, cut to what is read and one key that isn't. */
const inspected = (container: object): object => ({
  Id: 'e7dff64f6186',
  Name: '/my-db',
  Image: 'sha256:8f2e0c1b',
  Created: '2026-11-26T16:39:54.619227222Z',
  State: { Running: true },
  Config: { Image: 'postgres:15', Env: ['PGDATA=/var/lib/postgresql/data', 'EMPTY=', 'URL=a=b'], Labels: null },
  HostConfig: { NetworkMode: 'host' },
  Mounts: [
    { Type: 'bind', Source: '/srv', Destination: '/var/lib', RW: true },
    {
      Type: 'volume',
      Name: 'app_data',
      Source: '/var/lib/docker/volumes/app_data/_data',
      Destination: '/var/lib/postgresql',
      RW: true,
    },
  ],
  ...container,
})

const labels = (files: string): object => ({
  Config: {
    Image: 'postgres:15',
    Env: [],
    Labels: {
      'com.docker.compose.project': 'app',
      'com.docker.compose.service': 'db',
      'com.docker.compose.project.working_dir': '/srv/app',
      'com.docker.compose.project.config_files': files,
    },
  },
})

const described = (container: object) => {
  const [only] = parseInspection('docker', JSON.stringify([inspected(container)]))
  if (only === undefined) throw new Error('no container was read')
  return only
}

describe('what is told of a container', () => {
  test('is read without the slash before its name, and with its variables', () => {
    expect(described({})).toMatchObject({
      name: 'my-db',
      image: 'postgres:15',
      environment: { PGDATA: '/var/lib/postgresql/data', EMPTY: '', URL: 'a=b' },
      hasInit: false,
      compose: undefined,
    })
    expect(described({ HostConfig: { Init: true } }).hasInit).toBe(true)
    expect(described({}).goesWhenItStops).toBe(false)
    expect(described({ HostConfig: { AutoRemove: true } }).goesWhenItStops).toBe(true)
  })

  test('tells in which mount a path lies: the innermost, and none that only begins alike', () => {
    const container = described({})
    expect(mountOf(container, '/var/lib/postgresql/data')?.volume).toBe('app_data')
    expect(mountOf(container, '/var/lib/postgresql-old')?.source).toBe('/srv')
    expect(mountOf(container, '/opt')).toBeUndefined()
  })

  test('names the files of compose, which its first version names as they were given', () => {
    expect(described(labels('docker-compose.yml,/etc/over.yaml')).compose).toEqual({
      project: 'app',
      service: 'db',
      folder: '/srv/app',
      files: ['/srv/app/docker-compose.yml', '/etc/over.yaml'],
      environmentFiles: [],
    })
  })

  test.each(['', '{}', '[{"Id":"x"}]'])('is refused when it is %j', async (text) => {
    expect((await failureOf(async () => parseInspection('podman', text))).code).toBe('engine-output')
  })
})

/** A place with a client for which each subcommand has its answer. */
function placeWith(answers: Readonly<Record<string, Partial<Finished>>>): { place: Place; asked: string[] } {
  const asked: string[] = []
  const place = {
    ...createLocalPlace(),
    find: (program: string) => (program === 'docker' ? '/usr/bin/docker' : undefined),
    run: async ({ arguments: words }: { readonly arguments: readonly string[] }): Promise<Finished> => {
      asked.push(words.join(' '))
      const [, answer] = Object.entries(answers).find(([begin]) => words.join(' ').startsWith(begin)) ?? []
      return { exitCode: 0, signal: undefined, stdout: '', stderr: '', ...answer }
    },
  }
  return { place, asked }
}

const never = new AbortController().signal
const one = { stdout: JSON.stringify([inspected({})]) }

describe('looking for databases in containers', () => {
  test('finds a server by its process, whatever container and image are called', async () => {
    const { place } = placeWith({
      ps: { stdout: 'e7dff64f6186\n' },
      'container inspect': one,
      top: { stdout: 'PID COMMAND\n5612 docker-init\n5625 postgres\n' },
      'exec --user=0': { stdout: '999\n' },
      'exec --user=999': { stdout: '/var/lib/postgresql/data\n15\noff\n' },
    })
    const { found, notes } = await discoverContainers(place, never)
    expect(notes).toEqual([])
    expect(found).toMatchObject([
      {
        runtime: 'docker',
        name: 'my-db',
        image: 'postgres:15',
        majorVersion: '15',
        archives: false,
        mount: { volume: 'app_data' },
      },
    ])
  })

  test('starts nothing in a container that runs no server', async () => {
    const { place, asked } = placeWith({
      ps: { stdout: 'e7dff64f6186\n' },
      'container inspect': one,
      top: { stdout: 'PID COMMAND\n5625 postgres_export\n' },
    })
    expect(await discoverContainers(place, never)).toEqual({ found: [], notes: [] })
    expect(asked.filter((words) => words.startsWith('exec'))).toEqual([])
  })

  test('does not need to be let into the database', async () => {
    const { place } = placeWith({
      ps: { stdout: 'e7dff64f6186\n' },
      'container inspect': one,
      top: { stdout: 'PID COMMAND\n1 postgres\n' },
      'exec --user=0': { stdout: '70\n' },
      'exec --user=70': { stdout: '/var/lib/postgresql/data\n16\n', exitCode: 2 },
    })
    const [found] = (await discoverContainers(place, never)).found
    expect(found).toMatchObject({ majorVersion: '16', archives: undefined })
  })

  test('says in a line that there is no client, or why it has no answer', async () => {
    const { place } = placeWith({ ps: { exitCode: 1, stderr: 'permission denied while trying to connect\nmore\n' } })
    expect((await discoverContainers(place, never)).notes).toEqual([
      'docker: containers could not be looked at: permission denied while trying to connect',
    ])
    const without = { ...place, find: () => undefined }
    expect((await discoverContainers(without, never)).notes).toEqual([
      'neither docker nor podman is installed: no containers were looked for',
    ])
  })

  test('gives up on a client that hangs, and kills it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'docker'), "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n")
    chmodSync(join(folder, 'docker'), 0o755)
    const local = createLocalPlace({ environment: { PATH: `${folder}:/usr/bin:/bin` } })
    const place = { ...local, find: (program: string) => (program === 'podman' ? undefined : local.find(program)) }
    const { found, notes } = await discoverContainers(place, never, 1000)
    expect(found).toEqual([])
    expect(notes).toEqual(['docker: containers could not be looked at: no answer within 1s'])
  })
})
