import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pointAt } from '../../../../test/support/points.ts'
import { parseInstant } from '../../../domain/clock.ts'
import type { Command } from '../../../domain/command.ts'
import { bytes } from '../../../domain/size.ts'
import type { DatabaseTarget, HelperContainer, LiveCluster } from '../plan.ts'
import type { RestoreRequest } from '../request.ts'
import { planDatabase, type DatabaseFacts } from './database-plan.ts'

const now = parseInstant('2026-01-26T03:00:00Z')
const point = pointAt(parseInstant('2026-01-25T03:00:00Z'), { id: '20260125-030000F', kind: 'full', sizeBytes: bytes(1e9) })
const site = { storage: { kind: 'directory', path: '/mnt/backup' }, budget: undefined, timeZone: 'UTC' } as const
const command = (program: string, ...words: string[]): Command => ({
  ...{ program, arguments: words, environment: {}, secretEnvironment: [] },
})
const data = '/var/lib/postgresql/15/main'
const control = {
  ...{ start: command('pg_ctl', 'start'), stop: command('pg_ctl', 'stop'), restart: command('pg_ctl', 'restart') },
}
const free = { path: '/', freeBytes: 9e9, sizeBytes: 10e9 }

const live = (part: Partial<LiveCluster> = {}): LiveCluster => ({
  ...{ data, dataDirectory: data, wasRunning: true, isStarted: true, control, tablespaces: [], sizeBytes: 1e9 },
  setAside: [{ folder: data, aside: `${data}.before`, failed: `${data}.failed` }],
  drafts: [{ folder: data, aside: `${data}.before`, entries: ['base', 'global'] }],
  ...part,
})

const inPlace = (part: Partial<LiveCluster> = {}): DatabaseTarget => ({
  ...{ kind: 'in-place', folder: data, state: 'live', live: live(part) },
})
const folder: DatabaseTarget = { kind: 'directory', folder: '/back', state: 'empty' }

function plan(target: DatabaseTarget, part: Partial<DatabaseFacts> = {}, purpose: RestoreRequest['purpose'] = 'restore') {
  const facts: DatabaseFacts = {
    ...{ now, target, free, freeOfTablespaces: [], owner: { uid: 100, gid: 100, user: 'postgres' } },
    chosen: { point, restoredTo: now, recovery: { stop: now, archivedUntilNow: false }, notes: [] },
    executor: { kind: 'here' },
    engine: { point, target: target.folder },
    engineCommands: [command('pgbackrest', 'restore')],
    ...part,
  }
  const request: RestoreRequest = {
    ...{ component: 'database', at: undefined, point: undefined, name: undefined, paths: [], patterns: [], purpose },
    target: { kind: 'temporary', folder: undefined },
  }
  return planDatabase({ name: 'database' }, request, facts, site)
}

const programs = (commands: readonly Command[]) => commands.map(({ program, arguments: words }) => `${program} ${words.at(-1)}`)

describe('the plan of a restore of a database', () => {
  test.each([folder, inPlace()])('is data: it survives being written down ($kind)', (target) => {
    const planned = plan(target)
    expect(JSON.parse(JSON.stringify(planned))).toEqual(planned)
  })

  test('in place stops the server, copies the old data, restores, and starts the server', () => {
    expect(programs(plan(inPlace()).commands)).toEqual([
      'pg_ctl stop',
      `cp ${data}.before/global`,
      'pgbackrest restore',
      'pg_ctl start',
    ])
  })

  test('in place neither stops nor starts a server that does not run', () => {
    const commands = programs(plan(inPlace({ wasRunning: false, isStarted: false })).commands)
    expect(commands).toEqual([`cp ${data}.before/global`, 'pgbackrest restore'])
  })

  test('in place says what is lost, what stops, and where the data of now is kept', () => {
    expect(plan(inPlace()).consequences).toEqual([
      `the whole cluster of database in ${data} will be restored as of 2026-01-26 03:00:00: all its databases`,
      'what was committed after that is gone from it',
      'its server is stopped until that is done; connections are closed',
      `the data of now is kept as ${data}.before`,
    ])
    expect(plan(inPlace({ setAside: [], drafts: [], wasRunning: false })).consequences.at(-1)).toBe(
      'there is no data now that could be kept',
    )
  })

  test('by a helper container starts that first', () => {
    const executor: HelperContainer = {
      ...{ kind: 'helper-container', name: 'helper', scratch: '/tmp/helper', folders: [], command: command('docker', 'run') },
    }
    expect(programs(plan(folder, { executor }).commands)).toEqual(['docker run', 'pgbackrest restore'])
  })

  test('asks nobody for a copy, and tells of damage in its base backup', () => {
    expect(plan(folder).consequences).toEqual([])
    const chosen = { point: { ...point, hasErrors: true }, restoredTo: now, notes: ['note'] }
    const damaged = plan(folder, { chosen: { ...chosen, recovery: { stop: now, archivedUntilNow: false } } })
    expect(damaged.notes).toEqual([expect.stringContaining('wrong checksums'), 'note'])
  })

  test('of a copy needs the data and some WAL, more for a drill, nothing more for what goes on', () => {
    const [needed] = plan(folder).space
    expect(needed?.neededBytes).toBe(Math.round(1e9 * 1.1) + 128 * 2 ** 20)
    expect(plan(folder, {}, 'drill').space[0]?.neededBytes).toBeGreaterThan(needed?.neededBytes ?? 0)
    expect(plan({ ...folder, state: 'partial' }).space).toEqual([])
  })

  test('in place never needs less than nothing, and each tablespace its own size again', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4e9 })), (sizes) => {
        const tablespaces = sizes.map((sizeBytes, index) => {
          const moved = { folder: `/t/${index}`, aside: '', failed: '' }
          return { location: `/t/${index}`, moved, sizeBytes }
        })
        const { space } = plan(inPlace({ tablespaces }), { freeOfTablespaces: sizes.map(() => free) })
        expect(space.map(({ neededBytes }) => neededBytes).slice(1)).toEqual(sizes)
        expect(space[0]?.neededBytes).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
