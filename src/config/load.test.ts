import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { problemsOf, smallest, writeConfiguration } from '../../test/support/configuration-file.ts'
import { failureOf } from '../../test/support/failure.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Site } from '../domain/site.ts'
import { loadSite } from './load.ts'
import { thisMachine } from '../../test/support/this-machine.ts'

const load = (content: string): Promise<Site> => loadSite(writeConfiguration(content), thisMachine)

describe('a good configuration', () => {
  test('means what it says, with every default filled in and every path absolute', async () => {
    const file = writeConfiguration(smallest)
    expect(await loadSite(file, thisMachine)).toEqual({
      name: 'pi-hosting',
      timeZone: 'UTC',
      file,
      storage: { kind: 'directory', path: '/mnt/backup' },
      secretsDirectory: join(file, '../secrets'),
      engines: { restic: 'restic', pgbackrest: 'pgbackrest' },
      patience: 180_000,
      objectives: { rpo: 1_800_000, rto: 7_200_000 },
      budget: undefined,
      notify: [],
      contacts: [],
      schedule: { backup: '03:00', drill: 'monthly', heartbeat: 'monthly', summary: 'never' },
      components: [
        {
          name: 'foundry',
          source: { kind: 'files', paths: ['/srv/foundry'], exclude: [], oneFileSystem: false },
          location: { kind: 'directory', path: '/mnt/backup/pi-hosting/foundry' },
          retention: { daily: 30, monthly: 'forever' },
          deadline: 86_400_000,
        },
      ],
    })
  })

  test('keeps the order of the components, and starts relative paths at its own folder', async () => {
    const file = writeConfiguration(`
site: do-droplet/api
storage: { directory: backup }
secrets: keys
retention: forever
components:
  database: { postgres: { dataDirectory: ../pg, full: weekly }, deadline: 2h, retention: { last: 3 } }
  configs: { files: { paths: [keys, ./etc/] }, repository: settings }
  archive: { files: { paths: [/srv/archive] } }
`)
    const folder = join(file, '..')
    const { components, secretsDirectory } = await loadSite(file, thisMachine)
    expect(secretsDirectory).toBe(join(folder, 'keys'))
    expect(components.map(({ name, location, retention }) => [name, location, retention])).toEqual([
      ['database', { kind: 'directory', path: join(folder, 'backup/do-droplet/api/database') }, { last: 3 }],
      ['configs', { kind: 'directory', path: join(folder, 'backup/do-droplet/api/settings') }, 'forever'],
      ['archive', { kind: 'directory', path: join(folder, 'backup/do-droplet/api/archive') }, 'forever'],
    ])
    expect(components.map(({ source }) => (source.kind === 'files' ? source.paths : source.dataDirectory))).toEqual([
      join(folder, '../pg'),
      [join(folder, 'keys'), join(folder, 'etc')],
      ['/srv/archive'],
    ])
  })

  test('puts all sites of one bucket below its prefix; AWS is asked by host name', async () => {
    const { components } = await load(
      smallest.replace('directory: /mnt/backup', 's3: { bucket: my-backups, region: ap-southeast-2, prefix: all }'),
    )
    expect(components[0]?.location).toEqual({
      kind: 's3',
      host: 's3.ap-southeast-2.amazonaws.com',
      port: 443,
      bucket: 'my-backups',
      region: 'ap-southeast-2',
      prefix: 'all/pi-hosting/foundry',
      pathStyle: false,
    })
  })

  test.each([
    ['https://localhost:9000/', { host: 'localhost', port: 9000, pathStyle: true }],
    ['s3.example.org', { host: 's3.example.org', port: 443, pathStyle: true }],
  ])('asks the endpoint %s by path, with its authority', async (endpoint, expected) => {
    const s3 = `s3: { bucket: my-backups, endpoint: "${endpoint}", caFile: ca.pem }`
    const { components, file } = await load(smallest.replace('directory: /mnt/backup', s3))
    expect(components[0]?.location).toMatchObject({ ...expected, caFile: join(file, '../ca.pem') })
  })

  test('may be saved by Windows: with a byte-order mark and its line ends', async () => {
    expect((await load(`\uFEFF${smallest.replaceAll('\n', '\r\n')}`)).name).toBe('pi-hosting')
  })
})

describe('a database in a container', () => {
  const configured = (postgres: string) =>
    load(`
site: pi
storage: { directory: /mnt/backup }
components:
  database: { postgres: ${postgres} }
`)

  test('needs only a name; what is left out is asked of it', async () => {
    const { components } = await configured('{ container: db }')
    expect(components[0]?.source).toMatchObject({
      dataDirectory: '/var/lib/postgresql/data',
      container: { name: 'db', runtime: undefined, user: 'postgres', findsData: true },
    })
  })

  test('may say where its data is, inside, which is no path of this machine', async () => {
    const { components } = await configured(
      '{ container: db, dataDirectory: /mnt/backup, runtime: podman, containerUser: "999" }',
    )
    expect(components[0]?.source).toMatchObject({
      dataDirectory: '/mnt/backup',
      container: { name: 'db', runtime: 'podman', user: '999', findsData: false },
    })
  })

  test.each([
    ['{ container: db, containerUser: root }', 'is root'],
    ['{ container: db, containerUser: "0" }', 'is root'],
    ['{ container: "-v /:/host" }', 'is not the name of a container'],
    ['{ container: db, runtime: lxc }', 'is not a container runtime'],
    ['{ dataDirectory: /srv/pg, runtime: docker }', 'names a runtime, and no container'],
    ['{ port: 5432 }', 'needs a dataDirectory, or the container'],
  ])('is refused as %s', async (postgres, words) => {
    await expect(configured(postgres)).rejects.toMatchObject({ code: 'configuration', detail: expect.stringContaining(words) })
  })
})

describe('a file', () => {
  test('that is missing is told with the way to get one', async () => {
    const file = join(temporaryFolder(), 'holdfast.yaml')
    expect(await failureOf(() => loadSite(file, thisMachine))).toMatchObject({
      code: 'configuration',
      message: `there is no configuration at ${file}`,
      hint: 'holdfast init writes one; --config or HOLDFAST_CONFIG points to another place',
    })
  })

  test('that is not UTF-8 is refused instead of guessed at', async () => {
    expect(
      await failureOf(() => loadSite(writeConfiguration(Buffer.from('site: caf\xe9\n', 'latin1')), thisMachine)),
    ).toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(/^cannot read .*\/holdfast\.yaml: it is not UTF-8 text$/) as string,
    })
  })

  test('that is a folder cannot be read', async () => {
    const folder = temporaryFolder()
    expect((await failureOf(() => loadSite(folder, thisMachine))).message).toMatch(/^cannot read .*: it is a folder$/)
  })
})

describe('repositories and sources', () => {
  test('never share a folder: each component has a repository of its own', async () => {
    expect(
      await problemsOf(`${smallest}  copy: { files: { paths: [/srv/copy] }, repository: foundry }
  inner: { files: { paths: [/srv/inner] }, repository: foundry/data }
  other: { files: { paths: [/srv/other] }, repository: foundry2 }
`),
    ).toMatchInlineSnapshot(`
      "holdfast.yaml:5:9  components foundry and copy would share the repository /mnt/backup/pi-hosting/foundry
          5 │   copy: { files: { paths: [/srv/copy] }, repository: foundry }
            │         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              give one of them a repository: of its own
      holdfast.yaml:6:10  components foundry and inner would share the repository /mnt/backup/pi-hosting/foundry/data
          6 │   inner: { files: { paths: [/srv/inner] }, repository: foundry/data }
            │          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              give one of them a repository: of its own"
    `)
  })

  test('never share a prefix of a bucket either', async () => {
    const content = `${smallest.replace('directory: /mnt/backup', 's3: { bucket: my-backups }')}  copy: { files: { paths: [/c] }, repository: foundry }\n`
    expect(await problemsOf(content)).toContain('components foundry and copy would share the repository pi-hosting/foundry')
  })

  test('never use the folders that Holdfast keeps for itself in every site', async () => {
    const content = `${smallest}  recovery-kit: { files: { paths: [/srv/a] } }\n  own: { files: { paths: [/srv/b] }, repository: holdfast/x }\n`
    const problems = await problemsOf(content)
    expect(problems).toContain('recovery-kit is Holdfast’s own folder in every site')
    expect(problems).toContain('holdfast is Holdfast’s own folder in every site')
  })

  test('never lie inside each other', async () => {
    expect(
      await problemsOf(`site: pi
storage: { directory: /mnt/backup }
components:
  inside: { files: { paths: [/srv, /mnt/backup/pi] } }
  around: { files: { paths: [/mnt] } }
  database: { postgres: { dataDirectory: /mnt/backup } }
`),
    ).toMatchInlineSnapshot(`
      "holdfast.yaml:4:36  /mnt/backup/pi lies inside the storage /mnt/backup
          4 │   inside: { files: { paths: [/srv, /mnt/backup/pi] } }
            │                                    ^^^^^^^^^^^^^^
              a repository cannot protect itself: choose another path or storage
      holdfast.yaml:5:30  /mnt holds the storage /mnt/backup
          5 │   around: { files: { paths: [/mnt] } }
            │                              ^^^^
              every backup would swallow the ones before: move the storage, or add /mnt/backup to exclude
      holdfast.yaml:6:42  /mnt/backup lies inside the storage /mnt/backup
          6 │   database: { postgres: { dataDirectory: /mnt/backup } }
            │                                          ^^^^^^^^^^^
              a repository cannot protect itself: choose another path or storage"
    `)
  })

  test('are seen through links, as far as the path exists', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'disk'))
    symlinkSync(join(folder, 'disk'), join(folder, 'link'))
    const content = (path: string) => `site: pi
storage: { directory: ${folder}/link/backup }
components:
  foundry: { files: { paths: [${path}] } }
`
    expect(await problemsOf(content(`${folder}/disk`))).toContain(`${folder}/disk holds the storage ${folder}/link/backup`)
    expect(await problemsOf(content(`${folder}/disk/backup/pi`))).toContain(`lies inside the storage ${folder}/link/backup`)
  })

  test('may lie beside each other, however alike their names are', async () => {
    const { components } = await load(smallest.replace('/srv/foundry', '/mnt/backup-of-foundry'))
    expect(components).toHaveLength(1)
  })

  test('may hold each other when the storage is excluded', async () => {
    const { components } = await load(smallest.replace('paths: [/srv/foundry]', 'paths: [/], exclude: [/mnt/backup]'))
    expect(components).toHaveLength(1)
  })
})
