import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../../test/support/failure.ts'
import { pointAt } from '../../../../test/support/points.ts'
import { parseInstant } from '../../../domain/clock.ts'
import { bytes } from '../../../domain/size.ts'
import type { FilesSource } from '../../../domain/site.ts'
import { requirePlannedSpace } from '../plan.ts'
import type { RestoreRequest } from '../request.ts'
import { planFiles, type FilesFacts } from './files-plan.ts'

const now = parseInstant('2026-01-26T03:00:00Z')
const point = pointAt(parseInstant('2026-01-25T03:00:00Z'), { id: 'a'.repeat(64) })
const site = { storage: { kind: 'directory', path: '/mnt/backup' }, budget: undefined, timeZone: 'UTC' } as const
const source: FilesSource = { kind: 'files', paths: ['/srv/documents'], exclude: [], oneFileSystem: false }
const folder: RestoreRequest['target'] = { kind: 'directory', folder: '/back', overwrite: false }

const request = (part: Partial<RestoreRequest> = {}): RestoreRequest => ({
  ...{ component: 'documents', at: undefined, point: undefined, name: undefined, paths: [], patterns: [] },
  ...{ target: folder, purpose: 'restore' },
  ...part,
})

const facts = (part: Partial<FilesFacts> = {}): FilesFacts => ({
  ...{ now, point, commands: [], state: 'empty', wanted: source.paths, neededBytes: bytes(1000), presentBytes: 0 },
  engine: { point, paths: [], target: '/back' },
  free: { path: '/', freeBytes: 5000, sizeBytes: 10_000 },
  deletions: undefined,
  ...part,
})

const plan = (given: Partial<RestoreRequest>, known: Partial<FilesFacts>, exclude: readonly string[] = []) =>
  planFiles({ name: 'documents', source: { ...source, exclude } }, request(given), facts(known), site)

describe('the plan of a restore of files', () => {
  test('is data: it survives being written down', () => {
    const planned = plan({}, {})
    expect(JSON.parse(JSON.stringify(planned))).toEqual(planned)
    expect(planned).toMatchObject({ stamp: '20260126-030000', restoredTo: point.endedAt, sizeBytes: 1000, consequences: [] })
  })

  test('is refused without room, and never with it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (neededBytes, freeBytes) => {
        const planned = plan({}, { neededBytes: bytes(neededBytes), free: { path: '/', freeBytes, sizeBytes: freeBytes } })
        const isRefused = failsWith(() => requirePlannedSpace(planned))
        expect(isRefused).toBe(freeBytes < neededBytes)
      }),
    )
  })

  test('names the file system, what is free there and what is needed', async () => {
    const failure = await failureOf(() => requirePlannedSpace(plan({}, { neededBytes: bytes(7e6) })))
    expect(failure).toMatchObject({ code: 'storage-full', message: '5 kB are free in /, and the restore needs 7.00 MB' })
  })

  test('needs no more room for what an earlier restore left unfinished', () => {
    expect(plan({}, { state: 'partial', neededBytes: bytes(1e9) }).space).toEqual([])
  })

  test('of a drill leaves a tenth of a small disk to others', () => {
    expect(plan({ purpose: 'drill' }, {}).space).toMatchObject([{ neededBytes: 2000, freeBytes: 5000 }])
  })

  test('in place needs room for what is not there yet, and never less than nothing', () => {
    const inPlace = { target: { kind: 'in-place', deletes: false } } as const
    const engine = { point, paths: source.paths, target: '/' }
    expect(plan(inPlace, { engine, presentBytes: 400 }).space).toMatchObject([{ neededBytes: 600 }])
    expect(plan(inPlace, { engine, presentBytes: 4000 }).space).toMatchObject([{ neededBytes: 0 }])
  })

  test('in place tells what is written over and what is deleted, of many the first ten', () => {
    const target = { kind: 'in-place', deletes: true } as const
    const engine = { point, paths: ['/srv/documents'], target: '/', deletes: true }
    const deletions = Array.from({ length: 12 }, (_, index) => `/srv/documents/${index}`)
    expect(plan({ target }, { engine, deletions }, ['*.cache']).consequences).toEqual([
      'files of documents will be written over what is there now, as they were at 2026-01-25 03:00:00:',
      '  /srv/documents',
      '12 files and folders that the backup does not hold will be deleted, among them what exclude: keeps out of backups:',
      ...deletions.slice(0, 10).map((path) => `  ${path}`),
      '  and 2 more',
    ])
    expect(plan({ target }, { engine, deletions: [] }).consequences.at(-1)).toBe('nothing has to be deleted')
    expect(plan({ target: { ...target, deletes: false } }, { engine }).consequences.at(-1)).toBe('nothing is deleted')
  })

  test('over what a folder holds asks first', () => {
    const target = { ...folder, overwrite: true }
    expect(plan({ target }, {}).consequences).toEqual(['files in /back will be overwritten by those of the backup'])
  })
})

function failsWith(work: () => void): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}
