import { parse } from 'yaml'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { composeWords, keepsData, overrideText, readService } from './compose.ts'
import type { ComposeService, ContainerMount } from './inspection.ts'

const service: ComposeService = {
  project: 'demsausage',
  service: 'db',
  folder: '/srv/demsausage',
  files: ['/srv/demsausage/docker-compose.yml', '/etc/holdfast/container/database/compose.holdfast.yaml'],
  environmentFiles: ['/srv/demsausage/live.env'],
}

const mounts = [
  { here: '/etc/holdfast/pgbackrest/database', inside: '/etc/pgbackrest', readOnly: true },
  { here: '/mnt/backup/pi/database', inside: '/mnt/backup/pi/database', readOnly: false },
]

describe('compose.holdfast.yaml', () => {
  test('is that of the golden file', async () => {
    const build = { image: 'holdfast/pi/database', folder: '/etc/holdfast/container/database' }
    const text = overrideText({ service: 'db', build, mounts, mark: '0123456789abcdef' })
    await expect(text).toMatchFileSnapshot('../../../../test/golden/compose.holdfast.yaml.txt')
  })

  test('leaves the image to a service that builds its own', () => {
    const read = parse(overrideText({ service: 'db', build: undefined, mounts, mark: 'x' }))
    expect(Object.keys(read.services.db)).toEqual(['init', 'labels', 'volumes'])
  })

  test('keeps every path as it is, whatever is in it', () => {
    const [mount] = [{ here: '/mnt/my "disk": $HOME #1', inside: '/x', readOnly: false }]
    const read = parse(overrideText({ service: 'the db', build: undefined, mounts: [mount], mark: 'x' }))
    expect(read.services['the db'].volumes[0].source).toBe('/mnt/my "disk": $$HOME #1')
  })
})

test('a compose command names all files of the service, and ours last and once', () => {
  const over = '/etc/holdfast/container/database/compose.holdfast.yaml'
  expect(composeWords(['docker', 'compose'], service, over, 'up', '--detach', 'db').join(' ')).toBe(
    `docker compose --project-name demsausage --project-directory /srv/demsausage --env-file /srv/demsausage/live.env --file /srv/demsausage/docker-compose.yml --file ${over} up --detach db`,
  )
})

/** As docker compose 2.26 and docker-compose 1.29 answer. */
const second = `
name: demsausage
services:
  db:
    image: postgis/postgis:15-3.3
    volumes:
      - { type: volume, source: data, target: /var/lib/postgresql/data, volume: {} }
      - { type: bind, source: /srv/demsausage/init, target: /docker-entrypoint-initdb.d, bind: { create_host_path: true } }
volumes:
  data: { name: demsausage_data }
`
const first = `
services:
  db:
    build: { context: /srv/demsausage/db }
    volumes:
    - data:/var/lib/postgresql/data:rw
    - /srv/demsausage/init:/docker-entrypoint-initdb.d:ro
    - /var/cache/thing
version: '3.8'
volumes:
  data: {}
`

describe('what compose says of a service', () => {
  const data = { from: 'demsausage_data', target: '/var/lib/postgresql/data' }
  const init = { from: '/srv/demsausage/init', target: '/docker-entrypoint-initdb.d' }

  test('is read in the form of its second version', () => {
    expect(readService(second, service)).toEqual({
      image: 'postgis/postgis:15-3.3',
      builds: false,
      mounts: [data, init],
    })
  })

  test('is read in the form of its first version', () => {
    expect(readService(first, service)).toEqual({
      image: undefined,
      builds: true,
      mounts: [data, init, { from: undefined, target: '/var/cache/thing' }],
    })
  })

  test.each(['', '{', 'services: {}', 'services: { db: { image: 3 } }'])('is refused when it is %j', async (text) => {
    expect(await failureOf(async () => readService(text, service))).toMatchObject({ code: 'engine-output' })
  })
})

describe('a new container', () => {
  const target = '/var/lib/postgresql/data'
  const volume = (name: string): ContainerMount => ({ kind: 'volume', volume: name, source: '/x', target, writable: true })
  const folder = (source: string): ContainerMount => ({ kind: 'bind', volume: undefined, source, target, writable: true })
  const described = (from: string | undefined) => ({ image: 'x', builds: false, mounts: [{ from, target }] })
  const nothing = { image: 'x', builds: false, mounts: [] }
  const nameless = volume('c0ffee'.padEnd(64, '0'))

  test('keeps the data when its files name the same volume or folder', () => {
    expect(keepsData(described('app_data'), volume('app_data'))).toBe(true)
    expect(keepsData(described('/srv/data'), folder('/srv/data'))).toBe(true)
  })

  test('keeps a volume without a name, which compose hands on', () => {
    expect(keepsData(nothing, nameless)).toBe(true)
    expect(keepsData(described(undefined), nameless)).toBe(true)
  })

  test('would have other data when its files name another volume or folder, or none', () => {
    expect(keepsData(described('other_data'), volume('app_data'))).toBe(false)
    expect(keepsData(described('/'), folder('/srv/data'))).toBe(false)
    expect(keepsData(described('app_data'), nameless)).toBe(false)
    expect(keepsData(nothing, volume('app_data'))).toBe(false)
    expect(keepsData(nothing, folder('/srv/data'))).toBe(false)
  })
})
