import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { instant } from '../../domain/clock.ts'
import { backupsFrom, FileProgress, parseErrorList, parseInfo, parseList, pointsOf, warningOf } from './answers.ts'

// What pgBackRest 2.45 and 2.55.1 really printed: one full backup of the older, one of each other kind of the newer.

const backups = [
  '{"archive":{"start":"000000010000000000000003","stop":"000000010000000000000004"},"backrest":{"format":5,"version":"2.45"},"database":{"id":1,"repo-key":1},"error":false,"info":{"delta":22992585,"repository":{"delta":2840432,"size":2840432},"size":22992585},"label":"20261124-142050F","lsn":{"start":"0/3000028","stop":"0/4000050"},"prior":null,"reference":null,"timestamp":{"start":1795530050,"stop":1795530052},"type":"full"}',
  '{"archive":{"start":"000000010000000000000006","stop":"000000010000000000000006"},"backrest":{"format":5,"version":"2.55.1"},"database":{"id":1,"repo-key":1},"error":false,"info":{"delta":1450242,"repository":{"delta":157840,"size":2844688},"size":23033545},"label":"20261124-142050F_20261124-142052D","lsn":{"start":"0/6000028","stop":"0/6000100"},"prior":"20261124-142050F","reference":["20261124-142050F"],"timestamp":{"start":1795530052,"stop":1795530054},"type":"diff"}',
  '{"archive":{"start":"000000010000000000000008","stop":"000000010000000000000008"},"backrest":{"format":5,"version":"2.55.1"},"database":{"id":1,"repo-key":1},"error":true,"info":{"delta":164098,"repository":{"delta":16032,"size":2844720},"size":23033545},"label":"20261124-142050F_20261124-142055I","lsn":{"start":"0/8000028","stop":"0/8000100"},"prior":"20261124-142050F_20261124-142052D","reference":["20261124-142050F","20261124-142050F_20261124-142052D"],"timestamp":{"start":1795530055,"stop":1795530056},"type":"incr"}',
]
const database = '{"id":1,"repo-key":1,"system-id":7711742831981168493,"version":"15"}'

const infoText = (some: readonly string[], status = '{"code":0,"lock":{"backup":{"held":false}},"message":"ok"}'): string =>
  `[{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1","max":"000000010000000000000008","min":"000000010000000000000001"}],"backup":[${some.join(',')}],"cipher":"aes-256-cbc","db":[${database}],"name":"database","repo":[{"cipher":"aes-256-cbc","key":1,"status":${status}}],"status":${status}}]`

describe('info', () => {
  test('is points, oldest first, of both versions and all kinds', () => {
    const points = pointsOf(parseInfo(infoText(backups.toReversed())))
    expect(points).toEqual([
      {
        id: '20261124-142050F',
        kind: 'full',
        beganAt: instant(1_795_530_050_000),
        // The second in which it stopped is over: only then is everything in it for sure.
        endedAt: instant(1_795_530_053_000),
        sizeBytes: 22_992_585,
        addedBytes: 2_840_432,
        dependsOn: [],
        hasErrors: false,
        tags: [],
        timeline: 1,
        archive: '15-1',
      },
      {
        id: '20261124-142050F_20261124-142052D',
        kind: 'differential',
        beganAt: instant(1_795_530_052_000),
        endedAt: instant(1_795_530_055_000),
        sizeBytes: 23_033_545,
        addedBytes: 157_840,
        dependsOn: ['20261124-142050F'],
        hasErrors: false,
        tags: [],
        timeline: 1,
        archive: '15-1',
      },
      {
        id: '20261124-142050F_20261124-142055I',
        kind: 'incremental',
        beganAt: instant(1_795_530_055_000),
        endedAt: instant(1_795_530_057_000),
        sizeBytes: 23_033_545,
        addedBytes: 16_032,
        dependsOn: ['20261124-142050F', '20261124-142050F_20261124-142052D'],
        hasErrors: true,
        tags: [],
        timeline: 1,
        archive: '15-1',
      },
    ])
  })

  test('tells why a backup is pinned, and nothing of other annotations', () => {
    const annotated = (annotation: string) =>
      pointsOf(parseInfo(infoText([(backups[0] ?? '').replace('{"archive"', `{"annotation":${annotation},"archive"`)])))[0]
    expect(annotated('{"holdfast-pin":"before%2C or after%0A16","by":"me"}')).toMatchObject({ pin: 'before, or after\n16' })
    expect(annotated('{"by":"me"}')?.pin).toBeUndefined()
  })

  test('tells all that a backup needs: also what was before what it was made upon', () => {
    const lone = (backups[2] ?? '').replace(/"reference":\[[^\]]*\]/, '"reference":null')
    const points = pointsOf(parseInfo(infoText([...backups.slice(0, 2), lone])))
    expect(points[2]?.dependsOn).toEqual(['20261124-142050F', '20261124-142050F_20261124-142052D'])
  })

  test('counts the backups from one on, whatever their kind and database', () => {
    const upgraded = (backups[2] ?? '').replace('"database":{"id":1', '"database":{"id":2')
    const info = parseInfo(infoText([upgraded, ...backups.slice(0, 2)]))
    expect(backupsFrom(info, '20261124-142050F')).toBe(3)
    expect(backupsFrom(info, '20261124-142050F_20261124-142055I')).toBe(1)
    expect(backupsFrom(info, '20261124-142050F_20261124-142054D')).toBeUndefined()
  })

  test('is no point before the first backup, and tells its status', () => {
    const info = parseInfo(infoText([], '{"code":2,"lock":{"backup":{"held":false}},"message":"no valid backups"}'))
    expect(pointsOf(info)).toEqual([])
    expect(info.status).toEqual({ code: 2, message: 'no valid backups' })
  })

  test('is understood without a stanza: nothing there is an answer too', () => {
    const text =
      '[{"archive":[],"backup":[],"cipher":"aes-256-cbc","db":[],"name":"database","repo":[{"cipher":"aes-256-cbc","key":1,"status":{"code":1,"message":"missing stanza path"}}],"status":{"code":1,"lock":{"backup":{"held":false}},"message":"missing stanza path"}}]'
    expect(parseInfo(text)).toMatchObject({ backup: [], status: { code: 1, message: 'missing stanza path' } })
  })

  test('is understood where block incrementals leave the size of the repository out', () => {
    const block = (backups[0] ?? '').replace(
      '"repository":{"delta":2840432,"size":2840432}',
      '"repository":{"delta":2840432,"delta-map":0}',
    )
    expect(pointsOf(parseInfo(infoText([block])))[0]?.addedBytes).toBe(2_840_432)
  })

  test.each([
    ['no JSON', 'ERROR: [037]: info command requires option: stanza'],
    ['empty', ''],
    ['of no stanza', '[]'],
    ['of two stanzas', `[${infoText([]).slice(1, -1)},${infoText([]).slice(1, -1)}]`],
    ['cut off', infoText(backups).slice(0, 900)],
    ['of a kind that nobody knows', infoText([(backups[0] ?? '').replace('"type":"full"', '"type":"synthetic"')])],
    ['without times', infoText([(backups[0] ?? '').replace('"stop":1795530052', '"stop":null')])],
  ])('is unreadable when it is %s', async (_what, text) => {
    expect(await failureOf(() => parseInfo(text))).toMatchObject({
      code: 'engine-output',
      message: 'pgBackRest’s answer about its backups could not be read',
      detail: text.slice(0, 2000),
    })
  })
})

describe('the errors of a backup', () => {
  test('are the files with wrong page checksums', () => {
    const withErrors = (backups[2] ?? '').replace('"error":true', '"error":true,"error-list":["base/5/16384"]')
    expect(parseErrorList(infoText([withErrors]))).toEqual(['base/5/16384'])
    expect(parseErrorList(infoText([backups[0] ?? '']))).toEqual([])
  })

  test('are unreadable when they are no list', async () => {
    expect((await failureOf(() => parseErrorList('{}'))).code).toBe('engine-output')
  })
})

describe('a list of the repository', () => {
  test('is its files, without folders and links', () => {
    const text =
      '{".":{"type":"path"},"15-1":{"type":"path"},"15-1/0000000100000000/000000010000000000000003-7c2472a5e3a2ba7ee97aab2c4db3486aa0392e74.zst":{"type":"file","size":768,"time":1795530050},"latest":{"type":"link","destination":"x"},"archive.info":{"type":"file","size":368,"time":1795530056}}'
    expect(parseList(text)).toEqual([
      {
        path: '15-1/0000000100000000/000000010000000000000003-7c2472a5e3a2ba7ee97aab2c4db3486aa0392e74.zst',
        sizeBytes: 768,
        changedAt: instant(1_795_530_050_000),
      },
      { path: 'archive.info', sizeBytes: 368, changedAt: instant(1_795_530_056_000) },
    ])
  })

  test('is empty where nothing is', () => {
    expect(parseList('{}')).toEqual([])
  })

  test('is unreadable when it is no object', async () => {
    expect((await failureOf(() => parseList('[]'))).code).toBe('engine-output')
  })
})

describe('the progress of a backup', () => {
  test('adds up the files that are named, and tells the whole from the share that they are', () => {
    const files = new FileProgress()
    const first =
      '2026-11-24 14:20:52.509 P01 DETAIL: backup file /tmp/pg/base/1/1255 (bundle 2/43184, 768KB, 50.00%) checksum 46f8ebeba7af0bf7bef0c6999b331eb386cc5eab'
    const second = '2026-11-24 14:20:52.609 P02 DETAIL: backup file /tmp/pg/base/1/a (b) c (1.5MB, 75%) checksum 46f8ebeba7af'
    expect(files.read(first)).toEqual({
      current: '/tmp/pg/base/1/1255',
      doneBytes: 786_432,
      doneFiles: 1,
      totalBytes: 1_572_864,
    })
    expect(files.read(second)).toMatchObject({ current: '/tmp/pg/base/1/a (b) c', doneBytes: 2_359_296, doneFiles: 2 })
  })

  test('counts the files of a restore too, also empty ones', () => {
    const line = '2026-11-24 14:20:52.509 P01 DETAIL: restore file /srv/restored/base/1/2 (0B, 0%)'
    expect(new FileProgress().read(line)).toEqual({ current: '/srv/restored/base/1/2', doneBytes: 0, doneFiles: 1 })
  })

  test('says when it waits for WAL', () => {
    const line = '2026-11-24 14:20:52.610 P00   INFO: execute non-exclusive backup stop and wait for all WAL segments to archive'
    expect(new FileProgress().read(line)).toEqual({ note: 'waiting for the last WAL to be archived' })
  })

  test.each([
    '2026-11-24 14:20:52.210 P00 DETAIL: store zero-length file /tmp/pg/base/1/13394',
    '2026-11-24 14:20:54.142 P00 DETAIL: reference pg_data/global/6114 to 20261124-142050F',
    '2026-11-24 14:20:52.855 P00   INFO: full backup size = 21.9MB, file total = 964',
    '',
  ])('passes over other lines: %s', (line) => {
    expect(new FileProgress().read(line)).toBeUndefined()
  })
})

test('a warning is told in its own words', () => {
  const line = '2026-11-24 14:20:56.131 P00   WARN: invalid page checksum found in file /tmp/pg/base/5/16384 at page 0'
  expect(warningOf(line)).toBe('invalid page checksum found in file /tmp/pg/base/5/16384 at page 0')
  expect(warningOf('2026-11-24 14:20:52.855 P00   INFO: full backup size = 21.9MB')).toBeUndefined()
})
