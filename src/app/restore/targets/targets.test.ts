import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import {
  createFakeDatabaseEngine,
  createFakeEngine,
  type FakeDatabaseEngine,
  type FakeFileEngine,
} from '../../../../test/support/fake-engine.ts'
import { fakeMachine } from '../../../../test/support/fake-machine.ts'
import { createFakePlace, type FakePlace } from '../../../../test/support/fake-place.ts'
import { fixedClock } from '../../../../test/support/fixed-clock.ts'
import { pointAt } from '../../../../test/support/points.ts'
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts'
import { parseInstant } from '../../../domain/clock.ts'
import type { Command } from '../../../domain/command.ts'
import { duration } from '../../../domain/duration.ts'
import { HoldfastError } from '../../../domain/errors.ts'
import type { PostgresComponent, Site } from '../../../domain/site.ts'
import type { DatabaseRestoreRequest } from '../../../engines/database-port.ts'
import type { FileRestoreRequest } from '../../../engines/file-port.ts'
import { markOf } from '../../../state/restore-marks.ts'
import { readInPlace } from '../../../state/in-place-record.ts'
import type { DatabasePlan, DatabaseTarget, FilesPlan, LiveCluster, PlannedRestore, TargetOf } from '../plan.ts'
import type { DatabaseTools } from '../proof.ts'
import { clusterOnBareMachine } from './bare-machine.ts'
import { filesInPlace } from './files-in-place.ts'
import { filesIntoFolder } from './files.ts'
import { clusterInFolder } from './folder.ts'
import { clusterInPlace } from './in-place.ts'

/** Each target alone, with an engine, a machine and a proof that are made up. The real ones are in test/integration. */

const clock = fixedClock('2026-01-26T03:00:00Z')
const endedAt = parseInstant('2026-01-25T03:00:00Z')
const ourselves = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, user: undefined }
const cluster = {
  ...{ majorVersion: '15', databases: [], lastTransactionAt: undefined, endedBeforeTarget: false, lastHeartbeat: undefined },
}

let root: string
let place: FakePlace
let engine: FakeDatabaseEngine
let fileEngine: FakeFileEngine
let restored: (DatabaseRestoreRequest | FileRestoreRequest)[]
let tools: DatabaseTools
let proveOrFail: () => void

beforeEach(() => {
  root = temporaryFolder()
  place = createFakePlace()
  restored = []
  proveOrFail = () => undefined
  const restoring = {
    async restore(request: DatabaseRestoreRequest | FileRestoreRequest) {
      restored.push(request)
      mkdirSync(request.target, { recursive: true })
      writeFileSync(join(request.target, 'PG_VERSION'), '15\n')
    },
  }
  engine = Object.assign(createFakeDatabaseEngine([]), restoring)
  fileEngine = Object.assign(createFakeEngine([]), restoring)
  const component: PostgresComponent = {
    ...{
      name: 'database',
      retention: 'forever',
      deadline: duration(1, 'h'),
      location: { kind: 'directory', path: '/repository' },
    },
    source: {
      ...{ kind: 'postgres', dataDirectory: join(root, 'main'), port: undefined, socketDirectory: undefined },
      ...{ user: 'postgres', database: 'postgres', full: 'weekly', between: 'differential', processes: 1, heartbeat: false },
    },
  }
  const { signal } = new AbortController()
  const serverOf = () => Promise.reject(new HoldfastError('unexpected', 'there is no server'))
  const site: Site = {
    ...{ name: 'pi', timeZone: 'UTC', file: '/holdfast.yaml', secretsDirectory: '/secrets', budget: undefined, notify: [] },
    ...{ storage: { kind: 'directory', path: '/repository' }, engines: { restic: 'restic', pgbackrest: 'pgbackrest' } },
    ...{ patience: duration(1, 'm'), objectives: { rpo: duration(1, 'h'), rto: duration(1, 'h') }, contacts: [] },
    ...{ schedule: { backup: '03:00', drill: 'never', heartbeat: 'never', summary: 'never' }, components: [component] },
  }
  tools = {
    context: { site, clock, machine: fakeMachine(), place, signal, stateDirectory: join(root, 'state'), serverOf },
    component,
    work: { signal, clock, report: () => undefined },
    open: (_executor, work) => work({ place, engine, owner: ourselves }),
    async prove(_bench, _plan, look) {
      proveOrFail()
      const query = () => Promise.resolve('')
      const address = { socketDirectory: '/socket', port: 5432, owner: undefined }
      const server = {
        place,
        address,
        user: 'postgres',
        query,
        cluster,
        containsAllCommits: async () => true,
        stop: async () => {},
      }
      return { cluster, found: await look(server) }
    },
  }
})

const common = (): PlannedRestore => {
  const point = pointAt(endedAt, { id: '20260125-030000F', kind: 'full' })
  return {
    ...{ component: 'database', purpose: 'restore', stamp: 'STAMP', point, restoredTo: endedAt, space: [], consequences: [] },
    ...{ notes: ['planned'], commands: [] },
  }
}

function databasePlan<Target extends DatabaseTarget>(target: Target): DatabasePlan<Target> {
  const recovery = { stop: 'archive-end', archivedUntilNow: false } as const
  const planned = common()
  const asked = { point: planned.point, target: target.folder }
  return { ...planned, source: 'database', engine: asked, target, recovery, executor: { kind: 'here' }, owner: ourselves }
}

describe('a cluster in a folder', () => {
  const folder = () => join(root, 'back')
  const plan = () => databasePlan({ kind: 'directory', folder: folder(), state: 'empty' })

  test('is asked for as the plan says, proven, and belongs to nobody but whoever asked for it', async () => {
    const outcome = await clusterInFolder(tools).apply(plan())
    expect(restored).toEqual([plan().engine])
    expect(outcome).toMatchObject({ target: folder(), places: [folder()], cluster, notes: ['planned'] })
    expect(markOf(tools.context, folder())).toBeUndefined()
  })

  test('is remembered as ours while it is not proven, so that the next restore goes on with it', async () => {
    proveOrFail = () => {
      throw new HoldfastError('recovery-incomplete', 'it does not start')
    }
    expect(await failureOf(() => clusterInFolder(tools).apply(plan()))).toMatchObject({ code: 'recovery-incomplete' })
    expect(markOf(tools.context, folder())).toMatchObject({ component: 'database' })
  })

  test('on a bare machine closes a mount point that is there already', async () => {
    mkdirSync(folder(), { mode: 0o755 })
    const outcome = await clusterOnBareMachine(tools).apply(
      databasePlan({ kind: 'bare-machine', folder: folder(), state: 'empty' }),
    )
    expect(outcome.places).toEqual([folder()])
  })
})

describe('a cluster in place', () => {
  const command = (program: string): Command => ({ program, arguments: [], environment: {}, secretEnvironment: [] })
  const control = { start: command('start'), stop: command('stop'), restart: command('restart') }
  const data = () => join(root, 'main')
  const live = (): LiveCluster => ({
    ...{ data: data(), dataDirectory: data(), wasRunning: false, isStarted: false, control, tablespaces: [], sizeBytes: 0 },
    setAside: [{ folder: data(), aside: `${data()}.before`, failed: `${data()}.failed` }],
    drafts: [{ folder: data(), aside: `${data()}.before`, entries: ['PG_VERSION', 'gone since'] }],
    majorVersion: '15',
  })
  const inPlacePlan = (what: LiveCluster) =>
    databasePlan<TargetOf<'in-place'>>({ kind: 'in-place', folder: data(), state: 'live', live: what })
  const apply = () => clusterInPlace(tools).apply(inPlacePlan(live()))

  beforeEach(() => {
    mkdirSync(data())
    mkdirSync(join(root, 'state'))
    writeFileSync(join(data(), 'PG_VERSION'), '15\n')
    writeFileSync(join(data(), 'precious'), 'old\n')
  })

  test('keeps the old data beside it, copies what is still there of it, and forgets its record', async () => {
    const outcome = await apply()
    expect(outcome.setAside).toEqual([`${data()}.before`])
    expect(readFileSync(join(`${data()}.before`, 'precious'), 'utf8')).toBe('old\n')
    const [copy] = place.commands
    expect(copy).toMatchObject({ program: 'cp', arguments: expect.arrayContaining([`${data()}.before/PG_VERSION`]) })
    expect(copy?.arguments.join(' ')).not.toContain('gone since')
    expect(restored).toHaveLength(1)
    expect(readInPlace(tools.context, 'database')).toBeUndefined()
  })

  test('puts the old data back when what was restored is not proven', async () => {
    proveOrFail = () => {
      throw new HoldfastError('recovery-incomplete', 'it does not start')
    }
    const failure = await failureOf(apply)
    expect(failure).toMatchObject({ message: expect.stringContaining('the old data is back in its place') })
    expect(readFileSync(join(data(), 'precious'), 'utf8')).toBe('old\n')
    expect(readdirSync(root).toSorted()).toEqual(['main', 'state'])
    expect(readInPlace(tools.context, 'database')).toBeUndefined()
  })

  test('writes down how to go back before anything is moved', async () => {
    const recorded: unknown[] = []
    proveOrFail = () => void recorded.push(readInPlace(tools.context, 'database'))
    await apply()
    expect(recorded).toMatchObject([{ component: 'database', phase: 'restoring', setAside: live().setAside }])
  })

  test('of another major version is refused, and undone', async () => {
    const failure = await failureOf(() => clusterInPlace(tools).apply(inPlacePlan({ ...live(), majorVersion: '14' })))
    expect(failure).toMatchObject({ code: 'postgres-mismatch' })
    expect(existsSync(join(data(), 'precious'))).toBe(true)
  })
})

describe('files', () => {
  const filesPlan = (kind: FilesPlan['target']['kind'], folder: string, wanted: readonly string[]): FilesPlan => {
    const planned = common()
    const asked = { point: planned.point, paths: [], target: folder }
    return { ...planned, source: 'files', engine: asked, target: { kind, folder, state: 'empty' }, wanted }
  }
  const filesTools = () => ({ context: tools.context, engine: fileEngine, work: tools.work, restored: () => undefined })

  test('in a folder are where they were below it, and what the snapshot lacks is told', async () => {
    const folder = join(root, 'back')
    const outcome = await filesIntoFolder(filesTools()).apply(filesPlan('directory', folder, ['/PG_VERSION', '/missing']))
    expect(outcome.places).toEqual([join(folder, 'PG_VERSION')])
    expect(outcome.notes).toEqual(['the snapshot does not hold /missing, which the component has now'])
    expect(markOf(tools.context, folder)).toBeUndefined()
  })

  test('of a drill are verified by the engine, of a restore they are not', async () => {
    const plan = filesPlan('in-place', join(root, 'back'), [])
    await filesInPlace(filesTools()).apply(plan)
    await filesInPlace(filesTools()).apply({ ...plan, purpose: 'drill' })
    expect(restored.map((request) => 'verifies' in request && request.verifies !== undefined)).toEqual([false, true])
  })
})
