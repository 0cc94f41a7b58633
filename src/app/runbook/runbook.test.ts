import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { writeConfiguration } from '../../../test/support/configuration-file.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { buildProgram } from '../../cli/command-line.ts'
import { holdfastOn } from '../../cli/program.ts'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import { loadSite } from '../../config/load.ts'
import { parseInstant } from '../../domain/clock.ts'
import type { StepResult } from '../../domain/events.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { isDatabase, type Component, type Site } from '../../domain/site.ts'
import { bytes } from '../../domain/size.ts'
import { createPgbackrestEngine } from '../../engines/pgbackrest/engine.ts'
import type { Engine } from '../../engines/port.ts'
import { createResticEngine } from '../../engines/restic/engine.ts'
import { openJournal } from '../../state/journal/journal.ts'
import { openPointCache } from '../../state/point-cache.ts'
import { createLocalPlace } from '../../places/local.ts'
import { lazyCode } from '../../cli/lazy-code.ts'
import type { AppContext } from '../site/context.ts'
import { runbookFacts } from './runbook-facts.ts'
import { runbookPage } from './runbook-page.ts'
import { thisMachine } from '../../../test/support/this-machine.ts'

const place = createLocalPlace()
const clock = fixedClock('2026-01-26T04:00:00Z')

const versions = { restic: '0.14.0', pgbackrest: '2.45' }

/** The engine of a component, as it is, but for the version that this machine has. */
function engineOf(site: Site, component: Component): Engine {
  const { patience } = site
  const engine = isDatabase(component)
    ? createPgbackrestEngine({
        program: '/opt/engines/pgbackrest',
        configuration: `/etc/holdfast/pgbackrest/${component.name}.conf`,
        stanza: component.name,
        user: 'postgres',
        component,
        patience,
        place,
        workDirectory: `/var/lib/holdfast/${site.name}/pgbackrest`,
        secrets: { passphrase: 'correct horse battery staple', s3Keys: { id: 'AKIA', secret: 'wJalr', token: undefined } },
      })
    : createResticEngine({
        program: '/opt/engines/restic',
        location: component.location,
        passphraseFile: '/etc/holdfast/secrets/restic.key',
        cacheDirectory: '/var/cache/holdfast/restic',
        site: site.name,
        component,
        patience,
        place,
      })
  return { ...engine, version: () => Promise.resolve(versions[engine.name]) }
}

async function siteOf(configuration: string, caText?: string): Promise<AppContext> {
  const file = writeConfiguration(configuration)
  const folder = temporaryFolder()
  const site = await loadSite(file, thisMachine)
  if (caText !== undefined) writeFileSync(join(file, '../storage-ca.pem'), caText)
  const context = {
    site,
    clock,
    lazy: lazyCode,
    version: '0.1.0',
    signal: new AbortController().signal,
    journal: openJournal(join(folder, 'journal')),
    pointCache: openPointCache(join(folder, 'points')),
    engineOf: (component: Component) => engineOf(site, component),
    secretFileOf: (name: string) =>
      ({ RESTIC_PASSWORD: '/etc/holdfast/secrets/restic.key' })[name] ??
      (name === 'AWS_SESSION_TOKEN' ? undefined : '/etc/holdfast/secrets/aws.env'),
  }
  return context as unknown as AppContext
}

/** The page as it would be where the configuration lies in its usual place. */
async function pageOf(context: AppContext): Promise<string> {
  const facts = await runbookFacts(context)
  const site = { ...context.site, file: '/etc/holdfast/holdfast.yaml', secretsDirectory: '/etc/holdfast/secrets' }
  const authority = facts.authority && { ...facts.authority, file: '/etc/holdfast/storage-ca.pem' }
  return runbookPage({ ...facts, authority, context: { ...context, site } })
}

const small = `site: pi-home
storage: { directory: /mnt/backup disk }
components:
  photos: { files: { paths: [/srv/photos] } }
  database: { postgres: { dataDirectory: /var/lib/postgresql/15/main } }
`

const large = `site: do-droplet/api
timezone: Australia/Perth
storage:
  s3: { bucket: my-backups, endpoint: https://storage.example.org:9000, caFile: storage-ca.pem, prefix: all }
contacts:
  - "Alex, +61 400 000 000: has the passphrase in a *sealed* envelope"
  - Sam looks after the storage
components:
  ledger: { postgres: { dataDirectory: /srv/ledger data, port: 5544, user: ledger, socketDirectory: /run/ledger } }
  shop: { files: { paths: [/srv/shop/uploads, "/srv/shop/it's \`odd\`", /srv/shop/uploads/new], exclude: ["*.tmp", "cache|old"] } }
  logs: { files: { paths: [/var/log/nginx] }, retention: forever }
`

const authority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

/** As it is after a backup, a promotion of the database, and a restore of one component. */
async function livedIn(): Promise<AppContext> {
  const context = await siteOf(large, authority)
  const ended = parseInstant('2026-01-25T19:02:03Z')
  const point: RestorePoint = {
    id: '20260101-190004F_20260125-190003D',
    kind: 'differential',
    beganAt: parseInstant('2026-01-25T19:00:03Z'),
    endedAt: ended,
    dependsOn: [],
    hasErrors: false,
    tags: [],
    timeline: 1,
  }
  const window = {
    from: ended,
    archivedAt: ended,
    points: [point.id],
    lastWal: '000000020000000000000009',
    brokenAfter: false,
    archive: '15-1',
  }
  const windows = [{ ...window, to: parseInstant('2026-01-26T01:00:00Z'), timeline: 2 }]
  context.pointCache.write('ledger', { askedAt: ended, points: [point], windows, repositoryBytes: undefined })
  const snapshot: RestorePoint = { ...point, id: '7be79a4b'.padEnd(64, '0'), kind: 'snapshot' }
  context.pointCache.write('shop', {
    askedAt: ended,
    points: [{ ...snapshot, pin: 'before 16' }],
    windows: undefined,
    repositoryBytes: undefined,
  })
  const step = {
    component: 'shop',
    engine: 'restic',
    outcome: 'done',
    to: 's3://my-backups/all/do-droplet/api/shop',
    from: ['/srv/shop'],
    beganAt: ended,
    durationMs: 1000,
    attempts: 1,
    processedBytes: bytes(4_010_000_000),
    processedFiles: 1250,
    point: { id: snapshot.id, kind: 'snapshot' },
    healed: [],
    warnings: [],
    errors: [],
    sources: [],
  } satisfies StepResult
  context.journal.append({ type: 'step-ended', at: ended, runId: 'a', result: step })
  const result = {
    runId: 'a',
    site: 'do-droplet/api',
    outcome: 'done',
    beganAt: ended,
    durationMs: 1,
    healed: [],
    errors: [],
  } as const
  context.journal.append({ type: 'run-ended', at: ended, runId: 'a', result })
  const restored = { component: 'shop', point: snapshot.id, target: '/srv/restored', durationMs: 192_000 }
  context.journal.append({ type: 'restored', at: parseInstant('2026-01-12T02:00:00Z'), ...restored })
  return context
}

describe('RESTORE.md', () => {
  test('of a new site in a directory', async () => {
    await expect(await pageOf(await siteOf(small))).toMatchFileSnapshot('../../../test/golden/runbook-directory.txt')
  })

  test('of a site on a storage of its own, with a history', async () => {
    await expect(await pageOf(await livedIn())).toMatchFileSnapshot('../../../test/golden/runbook-s3.txt')
  })

  test('is the same as long as nothing happens', async () => {
    const context = await livedIn()
    const page = await pageOf(context)
    expect(await pageOf({ ...context, clock: fixedClock('2026-01-28T04:00:00Z') })).toBe(page)
  })

  test('says what AWS needs', async () => {
    const aws = small.replace(/storage: .*/, 'storage: { s3: { bucket: my-backups, region: ap-southeast-2 } }')
    const page = await pageOf(await siteOf(aws))
    expect(page).toContain('s3:https://s3.ap-southeast-2.amazonaws.com/my-backups/pi-home/photos')
    expect(page).toContain('s3.bucket-lookup=dns')
    expect(page).toContain('repo1-s3-uri-style=host')
    expect(page).not.toContain('storage-ca.pem')
  })

  test('holds no secret', async () => {
    const page = await pageOf(await livedIn())
    for (const secret of ['correct horse', 'AKIA', 'wJalr']) expect(page).not.toContain(secret)
  })

  test('calls Holdfast as its command line is', async () => {
    const calls = [...(await pageOf(await livedIn())).matchAll(/(?:^|`)(holdfast [^`\n]+)/gm)].map(([, call = '']) => call)
    expect(calls.length).toBeGreaterThan(8)
    expect(calls.flatMap(strangeWords)).toEqual([])
  })
})

/** A call with a verb or an option that the command line doesn't know. */
function strangeWords(call: string): string[] {
  const outlet = new CapturedOutlet()
  let command: Command = buildProgram(() => undefined, outlet, holdfastOn(outlet))
  const words = call.split(' ').slice(1)
  while (command.commands.some((child) => child.name() === words[0])) {
    const name = words.shift()
    command = command.commands.find((child) => child.name() === name) as Command
  }
  const known = new Set(['--version', ...command.options.map(({ long }) => long)])
  const takesOperands = command.registeredArguments.length > 0
  if (command.commands.length > 0 && !takesOperands && words[0]?.startsWith('--') !== true) return [call]
  return words.some((word) => word.startsWith('--') && !known.has(word)) ? [call] : []
}
