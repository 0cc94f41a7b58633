import { beforeEach, describe, expect, test } from 'vitest'
import { createFakeDatabaseEngine } from '../../../../test/support/fake-engine.ts'
import { createFakePostgres, type FakePostgres } from '../../../../test/support/fake-postgres.ts'
import { fixedClock } from '../../../../test/support/fixed-clock.ts'
import { pointAt } from '../../../../test/support/points.ts'
import { parseInstant } from '../../../domain/clock.ts'
import { duration } from '../../../domain/duration.ts'
import type { RecoveryWindow } from '../../../domain/restore-point.ts'
import type { PostgresComponent } from '../../../domain/site.ts'
import type { RestoreRequest } from '../request.ts'
import { askRecovery, type RecoveryQuestion } from './recovery-facts.ts'

const clock = fixedClock('2026-01-26T12:00:00Z')
const point = pointAt(parseInstant('2026-01-26T03:00:00Z'), { id: '20260126-030000F', kind: 'full', timeline: 1 })
const window: RecoveryWindow = {
  ...{ from: point.endedAt, to: parseInstant('2026-01-26T11:00:00Z'), archivedAt: parseInstant('2026-01-26T11:00:00Z') },
  ...{ points: [point.id], timeline: 1, archive: '15-1', lastWal: '000000010000000000000006', brokenAfter: false },
}
const component: PostgresComponent = {
  ...{ name: 'database', retention: 'forever', deadline: duration(1, 'h'), location: { kind: 'directory', path: '/repository' } },
  source: {
    ...{ kind: 'postgres', dataDirectory: '/data', port: undefined, socketDirectory: undefined, user: 'postgres' },
    ...{ database: 'postgres', full: 'weekly', between: 'differential', processes: 1, heartbeat: true },
  },
}

let server: FakePostgres
let asked: number
beforeEach(() => {
  server = createFakePostgres()
  asked = 0
})

function question(archives: boolean): RecoveryQuestion {
  const engine = Object.assign(createFakeDatabaseEngine([point]), {
    recoverability: async () => ({ archive: '15-1', windows: [window], unreachable: [] }),
  })
  const { signal } = new AbortController()
  const serverOf = async () => {
    asked += 1
    await server.query('SELECT 1').catch(() => undefined)
    return server
  }
  return {
    context: { site: { name: 'pi', timeZone: 'UTC' }, clock, pointCache: { read: () => undefined }, serverOf },
    ...{ component, engine, archives, work: { signal, clock, report: () => undefined } },
  }
}

const request = (part: Partial<RestoreRequest> = {}): RestoreRequest => ({
  ...{ component: 'database', at: undefined, point: undefined, name: undefined, paths: [], patterns: [], purpose: 'restore' },
  target: { kind: 'temporary', folder: undefined },
  ...part,
})

describe('what is asked before it is chosen where a recovery stops', () => {
  test('has a live server archive what it holds, for the latest', async () => {
    const { archived } = await askRecovery(question(true), request())
    expect(archived.segment).toMatch(/^[0-9A-F]{24}$/)
  })

  test('only assumes that it would, in a look ahead', async () => {
    const before = await server.facts()
    const { archived } = await askRecovery(question(false), request())
    expect(archived).toEqual({ isAssumed: true })
    expect((await server.facts()).currentWal).toBe(before.currentWal)
  })

  test('takes a server that is gone for gone, and one that does not archive for a note', async () => {
    server.isUp = false
    expect((await askRecovery(question(true), request())).archived).toEqual({})
    server.isUp = true
    server.settings = { archiveMode: 'off' }
    const { archived } = await askRecovery(question(true), request())
    expect(archived.note).toContain('the live server holds more than could be archived')
  })

  test('leaves the server alone for a drill, a point and a time that is archived', async () => {
    await askRecovery(question(true), request({ purpose: 'drill' }))
    await askRecovery(question(true), request({ point: point.id }))
    await askRecovery(question(true), request({ at: '2026-01-26 10:00:00' }))
    expect(asked).toBe(0)
  })
})
