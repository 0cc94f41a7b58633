import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { importBuildableImage, usrMount } from '../support/busybox-image.ts'
import { startDocker, type ContainerEngine } from '../support/container-engine.ts'
import { until } from '../support/processes.ts'
import { createTestSite, type Answer, type TestSite } from '../support/test-site.ts'

/** From a container that nobody prepared to one that is backed up, on a real Docker, with real builds and real compose. */

const pairs = inject('pairs')
const pair = pairs.find(({ pgbackrest }) => pgbackrest.startsWith('/usr/bin/')) as (typeof pairs)[number]

/** Bookworm's own compose is the first version; there the second lies in a configuration folder of docker. */
const fetched = resolve('.cache/compose')
const isBookworm = existsSync(fetched)
// BuildKit wants a network, and the test's Docker has none.
const second = {
  program: ['docker', 'compose'],
  environment: { DOCKER_BUILDKIT: '0', ...(isBookworm ? { DOCKER_CONFIG: fetched } : {}) },
}
const first = isBookworm ? [{ program: ['docker-compose'], environment: {} }] : []
type Compose = Pick<typeof second, 'program'> & { readonly environment: Readonly<Record<string, string>> }

const dataDirectory = '/var/lib/postgresql/data'
const container = 'shop-db'

let docker: ContainerEngine
let site: TestSite

beforeAll(async () => {
  docker = await startDocker()
  importBuildableImage(docker, 'shop/database:15', { program: pair.pgbackrest, version: pair.versions.pgbackrest })
})
afterAll(() => docker?.stop())

// No pgBackRest of this machine's is needed.
const settings = () => ({
  engines: { restic: pair.restic, pgbackrest: '/nowhere/pgbackrest' },
  components: { database: { postgres: { container } } },
})
beforeEach(async () => {
  site = await createTestSite({ pair, files: {}, settings: { patience: '5s', ...settings() }, environment: docker.environment })
})
afterEach(async () => {
  const listed = (...words: string[]): string[] =>
    docker
      .ask(...words, '--quiet')
      .split('\n')
      .filter((line) => line !== '')
  for (const id of listed('ps', '--all')) docker.ask('rm', '--force', id)
  for (const volume of listed('volume', 'ls')) docker.ask('volume', 'rm', volume)
  await site.remove()
})

interface Inspected {
  readonly Id: string
  readonly Config: { readonly Image: string; readonly User: string }
  readonly HostConfig: { readonly Init?: boolean }
  readonly Mounts: readonly { readonly Name?: string; readonly Destination: string }[]
}
const inspect = (): Inspected => (JSON.parse(docker.ask('container', 'inspect', container)) as [Inspected])[0]
const text = (file: string): string => readFileSync(join(dirname(site.file), 'container/database', file), 'utf8')
const answers = (): Promise<unknown> => until(() => docker.answers(container))

async function startPlain(...options: string[]): Promise<void> {
  const words = ['--detach', '--name', container, '--network', 'none', '--volume', usrMount]
  docker.ask('run', ...words, ...options)
  await answers()
}

/** A project of compose, as its owner has it. */
function project(
  compose: Compose,
  image = 'shop/database:15',
  environment: readonly string[] = [],
): { readonly file: string; readonly up: (shell?: object) => Promise<void> } {
  const folder = join(site.root, 'shop')
  const file = join(folder, 'docker-compose.yml')
  mkdirSync(folder, { recursive: true })
  const lines = [
    'version: "3.8"',
    'services:',
    '  db:',
    `    image: ${image}`,
    `    container_name: ${container}`,
    '    network_mode: none',
    `    environment: ${JSON.stringify(environment)}`,
    '    volumes:',
    `      - data:${dataDirectory}`,
    `      - ${usrMount}`,
    'volumes:',
    '  data:',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return {
    file,
    up: async (shell = {}) => {
      const [program = '', ...words] = compose.program
      const env = { ...docker.environment, ...compose.environment, HOME: site.root, ...shell }
      execFileSync(program, [...words, '--file', file, 'up', '--detach'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      await answers()
    },
  }
}

/** What its owner would lose if we did it badly. */
const orders = {
  make: () => docker.sql(container, 'CREATE TABLE orders AS SELECT generate_series(1, 1000) n'),
  count: () => docker.sql(container, 'SELECT count(*) FROM orders'),
}

describe('a service of compose', () => {
  test('becomes one that is backed up, without a change to its owner’s file', async () => {
    const holdfast = (...words: string[]): Promise<Answer> => site.startAs(second.environment, ...words).ended
    const ask = async (...words: string[]): Promise<Answer['json']> => (await holdfast(...words, '--json')).json
    const { file, up } = project(second)
    await up()
    orders.make()
    const [own, before] = [readFileSync(file, 'utf8'), inspect()]
    const init = ['init', '--yes', '--config', join(site.root, 'found/holdfast.yaml'), '--directory', join(site.root, 'storage')]
    expect((await ask(...init)).init.components).toContainEqual(
      expect.objectContaining({ kind: 'postgres-container', container }),
    )

    const refused = await holdfast('setup', 'apply', '--json')
    expect(refused.exitCode).toBe(3)
    expect(refused.json.postponed).toContainEqual(
      expect.objectContaining({ action: 'recreate', interrupts: expect.stringContaining('the database is stopped') }),
    )
    expect(inspect().Id).toBe(before.Id)
    expect(text('Dockerfile')).toContain(`FROM shop/database:15\n`)
    expect(text('Dockerfile')).toContain(`ARG PGBACKREST=${pair.versions.pgbackrest}-1\n`)

    expect((await holdfast('setup', 'apply', '--yes')).text).toContain('all is set up, and archiving was seen to work')
    const after = inspect()
    expect(after.Config).toMatchObject({ Image: `holdfast/${site.name}/database`, User: 'postgres' })
    expect(after.HostConfig.Init).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(own)
    expect(orders.count()).toBe('1000')
    expect((await ask('setup', 'plan')).items).toEqual([])
    expect((await ask('backup')).run.outcome).toBe('done')

    // Its owner chooses another image, and runs compose without our file.
    docker.ask('tag', 'shop/database:15', 'shop/database:15.1')
    await project(second, 'shop/database:15.1').up()
    const { items } = await ask('setup', 'plan')
    expect(items[0]).toMatchObject({ action: 'update', detail: expect.stringContaining('+FROM shop/database:15.1') })
    expect(items).toContainEqual(
      expect.objectContaining({ action: 'recreate', reason: expect.stringContaining('has no pgBackRest') }),
    )
    expect((await holdfast('setup', 'apply', '--yes')).exitCode).toBe(0)
    expect(orders.count()).toBe('1000')
  })

  test.each(first)('is set up with the first version of compose as well', async (compose) => {
    await project(compose).up()
    orders.make()
    expect((await site.holdfast('setup', 'apply', '--yes')).text).toContain('all is set up, and archiving was seen to work')
    expect(orders.count()).toBe('1000')
    expect((await site.ask('setup', 'plan')).items).toEqual([])
  })

  test('a service whose files mean something else in our shell is left to its owner', async () => {
    await project(second, 'shop/database:15', ['POSTGRES_PASSWORD=${SHOP_PASSWORD}']).up({ SHOP_PASSWORD: 'x' })
    const { items } = (await site.startAs(second.environment, 'setup', 'plan', '--json').ended).json
    expect(items).toContainEqual(
      expect.objectContaining({
        action: 'recreate',
        byHand: true,
        reason: expect.stringContaining('its files use variables that only your shell knows'),
        detail: expect.stringContaining('compose.holdfast.yaml up --detach --build'),
      }),
    )
  })
})

describe('a container that was run by hand', () => {
  test('is made anew by a person, and then set up', async () => {
    await startPlain('shop/database:15')
    orders.make()
    const stopped = await site.holdfast('setup', 'apply', '--yes')
    expect([stopped.exitCode, stopped.stderr]).toEqual([3, ''])
    expect(stopped.stdout).toContain('still to do: recreate container shop-db (by hand)')
    expect(stopped.stdout).toContain('set archive_mode = on (waits for: recreate container shop-db)')
    expect(docker.sql(container, 'SHOW archive_mode')).toBe('off')
    const options = /--init .*/.exec(stopped.stdout)?.[0].split(' ') ?? []
    const volume = inspect().Mounts.find(({ Destination }) => Destination === dataDirectory)?.Name
    expect(options.at(-1)).toBe(`${volume}:${dataDirectory}`)

    docker.ask('stop', container)
    docker.ask('rename', container, 'old')
    await startPlain(...options, `holdfast/${site.name}/database`)
    const done = await site.holdfast('setup', 'apply', '--yes')
    expect([done.exitCode, done.text]).toEqual([0, expect.stringContaining('archiving was seen to work')])
    await answers()
    expect(orders.count()).toBe('1000')
    expect((await site.ask('setup', 'plan')).items).toEqual([])
  })

  test('is refused when its data would go with it', async () => {
    await startPlain('--env', 'PGDATA=/tmp/data', 'shop/database:15')
    const answer = await site.holdfast('setup', 'plan', '--json')
    expect(answer.json.error).toMatchObject({
      code: 'container-data',
      message: 'the data of container shop-db is in the container itself, in /tmp/data',
    })
    docker.ask('rm', '--force', container)
    await startPlain('--volume', `shop_data:${dataDirectory}`, 'shop/database:15')
    docker.ask('exec', '--user', 'postgres', container, 'mkdir', '/tmp/far')
    docker.sql(container, "CREATE TABLESPACE far LOCATION '/tmp/far'")
    expect((await site.holdfast('setup', 'plan', '--json')).json.error).toMatchObject({
      code: 'container-data',
      message: 'a part of the data of container shop-db is in the container itself, in /tmp/far',
    })
    expect(existsSync(join(dirname(site.file), 'container'))).toBe(false)
  })
})

test('init does without Docker, and says so in a line', async () => {
  const words = ['init', '--yes', '--config', join(site.root, 'found/holdfast.yaml'), '--directory', join(site.root, 'storage')]
  const answer = await site.startAs({ DOCKER_HOST: 'unix:///nowhere/docker.sock' }, ...words).ended
  expect(answer.exitCode).toBe(0)
  expect(answer.stderr).toMatch(/^docker: containers could not be looked at: Cannot connect to the Docker daemon/m)
})
