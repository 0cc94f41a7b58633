import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFakeEngine } from '../../../test/support/fake-engine.ts'
import { fakeMachine } from '../../../test/support/fake-machine.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { pointAt } from '../../../test/support/points.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { instant, parseInstant } from '../../domain/clock.ts'
import { duration } from '../../domain/duration.ts'
import type { Site } from '../../domain/site.ts'
import { bytes } from '../../domain/size.ts'
import { openJournal } from '../../state/journal/journal.ts'
import type { AppContext } from '../site/context.ts'
import { kitManifests } from './kit-manifest.ts'
import { kitComponent } from './kit-component.ts'
import { isConfiguration, refreshKit } from './recovery-kit.ts'

const now = '2026-01-26T19:05:00Z'

const manifest = {
  ...{ site: 'pi-hosting', madeAt: now, machine: 'pi', versions: { holdfast: '0.0.0', node: 'v20' }, components: [] },
  configuration: { file: '/etc/holdfast/holdfast.yaml', secrets: '/etc/holdfast/secrets' },
}

/** A site that has written a number of kits, each of which is a version in the repository. */
function siteWith(versions: number, number: number) {
  const state = temporaryFolder()
  const file = join(state, 'holdfast.yaml')
  writeFileSync(file, 'site: pi-hosting\n')
  mkdirSync(join(state, 'kit'))
  writeFileSync(join(state, 'kit/kit.json'), kitManifests.text({ ...manifest, number }))
  const minutes = (count: number) => instant(parseInstant(now) - count * 60_000)
  const engine = createFakeEngine(
    Array.from({ length: versions }, (_, index) => pointAt(minutes(versions - index), { id: `version ${index + 1}` })),
  )
  engine.backUp = async () => {
    const point = pointAt(parseInstant(now), { id: 'the newest' })
    engine.points = [...engine.points, point]
    return { point, processedBytes: bytes(1), addedBytes: bytes(1), faults: [], warnings: [] }
  }
  const site = {
    ...{
      name: 'pi-hosting',
      timeZone: 'UTC',
      file,
      components: [],
      contacts: [],
      objectives: { rpo: duration(30, 'm'), rto: duration(2, 'h') },
      secretsDirectory: '/etc/holdfast/secrets',
    },
    ...{ storage: { kind: 'directory', path: '/mnt/backup' }, engines: { restic: 'restic', pgbackrest: 'pgbackrest' } },
  } as unknown as Site
  const context = {
    ...{ site, engineOf: () => engine, clock: fixedClock(now), machine: fakeMachine(), stateDirectory: state, version: '0.0.0' },
    ...{ journal: openJournal(join(state, 'journal')), kit: kitComponent(site, state), signal: new AbortController().signal },
    ...{ pointCache: { read: () => undefined }, secretFileOf: () => undefined },
  } as unknown as AppContext
  return { context, engine, numberNow: () => JSON.parse(readFileSync(join(state, 'kit/kit.json'), 'utf8')).number as number }
}

test('old versions of the kit go many at a time, never the newest thirty, nor one that is pinned', async () => {
  const { context, engine, numberNow } = siteWith(34, 59)
  engine.points = engine.points.map((point, index) => (index === 1 ? { ...point, pin: 'of the old house' } : point))
  await refreshKit(context, [])
  expect(numberNow()).toBe(60)
  expect(engine.calls).toEqual([...['version 1', 'version 3', 'version 4', 'version 5'].map((id) => `remove ${id}`), 'prune'])
  expect(engine.points.length).toBe(31)
})

test('in between, a version only comes, because to remove one costs more than to make it', async () => {
  const { context, engine } = siteWith(34, 60)
  await refreshKit(context, [])
  expect(engine.calls).toEqual([])
})

test('of the folder of a cluster’s configuration only what its owner could have read himself comes into the kit', () => {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder, name)
  writeFileSync(at('secret'), 'words', { mode: 0o600 })
  writeFileSync(at('certificate'), 'words', { mode: 0o644 })
  writeFileSync(at('large'), Buffer.alloc(2 ** 20 + 1))
  mkdirSync(at('conf.d'))
  for (const [name, target] of [
    ['to-secret', 'secret'],
    ['to-certificate', 'certificate'],
    ['to-folder', 'conf.d'],
    ['to-nothing', 'nothing'],
  ] as const)
    symlinkSync(target, at(name))
  execFileSync('mkfifo', [at('pipe')])
  const stranger = (process.getuid?.() ?? 0) + 1
  const taken = readdirSync(folder).filter((name) => isConfiguration(at(name), stranger))
  expect(taken.toSorted()).toEqual(['certificate', 'conf.d', 'secret', 'to-certificate'])
})
