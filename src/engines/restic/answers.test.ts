import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { parseInstant } from '../../domain/clock.ts'
import {
  fileErrorOf,
  parseMessage,
  parsePoints,
  parseSummary,
  parseUsage,
  progressOf,
  sizeOfFound,
  sizeOfListed,
} from './answers.ts'

// What restic 0.14.0 and 0.18.0 really printed, shortened.

const snapshot014 = {
  time: '2026-01-26T03:00:02.249276416+08:00',
  tree: '768b252ec66101343a697427c6be086d5728a8680e9dffa04a560fa2f24b4d20',
  paths: ['/srv/foundry'],
  hostname: 'pi-hosting',
  username: 'root',
  tags: ['holdfast:foundry'],
  id: 'e4761a86292df48373ac7b787a7afd15ed7f078454fbc83f8dd56936ffef3a20',
  short_id: 'e4761a86',
}

const snapshot018 = {
  time: '2026-01-26T03:00:02.124135748+08:00',
  parent: '1111111111111111111111111111111111111111111111111111111111111111',
  tree: 'ea99d7090e3ece6adba5f0e89bc6619b578baace200dcd235aa46b869a5cf386',
  paths: ['/srv/foundry'],
  hostname: 'pi-hosting',
  username: 'root',
  program_version: 'restic 0.18.0',
  summary: {
    backup_start: '2026-01-26T03:00:02.124135748+08:00',
    backup_end: '2026-01-26T03:00:31.770435636+08:00',
    files_new: 2,
    data_blobs: 2,
    data_added: 2130,
    data_added_packed: 1722,
    total_files_processed: 2,
    total_bytes_processed: 13,
  },
  id: '9c478ae6df24af7e4b848bfe0f206a79e36bec728782f8874a76c7015346014f',
  short_id: '9c478ae6',
}

const summary014 =
  '{"message_type":"summary","files_new":2,"files_changed":0,"files_unmodified":0,"dirs_new":4,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":2,"tree_blobs":5,"data_added":2109,"total_files_processed":2,"total_bytes_processed":13,"total_duration":0.213156887,"snapshot_id":"e4761a86"}'
const summary018 =
  '{"message_type":"summary","files_new":2,"files_changed":0,"files_unmodified":0,"dirs_new":4,"dirs_changed":0,"dirs_unmodified":0,"data_blobs":2,"tree_blobs":5,"data_added":2130,"data_added_packed":1722,"total_files_processed":2,"total_bytes_processed":13,"total_duration":0.646299888,"backup_start":"2026-11-24T14:17:31.124135748Z","backup_end":"2026-11-24T14:17:31.770435636Z","snapshot_id":"9c478ae6df24af7e4b848bfe0f206a79e36bec728782f8874a76c7015346014f"}'

describe('snapshots', () => {
  test('are points; 0.14 tells neither size nor end', () => {
    expect(parsePoints(JSON.stringify([snapshot014]))).toEqual([
      {
        id: snapshot014.id,
        kind: 'snapshot',
        beganAt: parseInstant('2026-01-25T19:00:02.249Z'),
        endedAt: parseInstant('2026-01-25T19:00:02.249Z'),
        dependsOn: [],
        hasErrors: false,
        tags: ['holdfast:foundry'],
      },
    ])
  })

  test('are points; 0.18 tells both', () => {
    expect(parsePoints(JSON.stringify([snapshot018]))).toEqual([
      {
        id: snapshot018.id,
        kind: 'snapshot',
        beganAt: parseInstant('2026-01-25T19:00:02.124Z'),
        endedAt: parseInstant('2026-01-25T19:00:31.770Z'),
        sizeBytes: 13,
        addedBytes: 1722,
        dependsOn: [],
        hasErrors: false,
        tags: [],
      },
    ])
  })

  test('tell why they are pinned apart from their other tags', () => {
    const tags = ['holdfast-pin:before%2C or after%0A16', 'holdfast:foundry', 'mine']
    const [pinned] = parsePoints(JSON.stringify([{ ...snapshot014, tags }]))
    expect(pinned).toMatchObject({ pin: 'before, or after\n16', tags: ['holdfast:foundry', 'mine'] })
  })

  test('come oldest first, whichever version made them and however they are listed', () => {
    const older = { ...snapshot014, time: '2025-12-31T23:59:59Z', id: '0'.repeat(64) }
    const ids = parsePoints(JSON.stringify([snapshot018, older, snapshot014])).map(({ id }) => id)
    expect(ids).toEqual([older.id, snapshot014.id, snapshot018.id])
  })

  test('are none in an empty repository', () => {
    expect(parsePoints('[]')).toEqual([])
  })

  test.each([
    ['no JSON', 'Fatal: unable to open config file'],
    ['cut off', '[{"time":"2026-01-26T03:00:02+08:00"'],
    ['no list', '{}'],
    ['null, as Go writes an empty list', 'null'],
    ['without an id', JSON.stringify([{ ...snapshot014, id: undefined }])],
    ['with half an id', JSON.stringify([{ ...snapshot014, id: 'e4761a86' }])],
    ['with a tag that is no text', JSON.stringify([{ ...snapshot014, tags: [1] }])],
    ['with a size that is no number', JSON.stringify([{ ...snapshot018, summary: { total_bytes_processed: '13' } }])],
    ['with an origin that is none', JSON.stringify([{ ...snapshot014, original: 7 }])],
    ['without a time', JSON.stringify([{ ...snapshot014, time: 'yesterday' }])],
  ])('are unreadable when the answer is %s', async (_what, text) => {
    expect(await failureOf(() => parsePoints(text))).toMatchObject({
      code: 'engine-output',
      message: 'restic’s answer about its snapshots could not be read',
      detail: text,
    })
  })
})

describe('the summary of a backup', () => {
  test('is understood from both versions', () => {
    expect(parseSummary(JSON.parse(summary014))).toEqual({
      snapshot_id: 'e4761a86',
      total_files_processed: 2,
      total_bytes_processed: 13,
      data_added: 2109,
    })
    expect(parseSummary(JSON.parse(summary018))).toMatchObject({ data_added: 2130, data_added_packed: 1722 })
  })

  test.each([{}, { snapshot_id: '' }, { ...(JSON.parse(summary014) as object), data_added: '2 kB' }])(
    'is unreadable when it is %j',
    async (message) => {
      expect((await failureOf(() => parseSummary(message))).code).toBe('engine-output')
    },
  )
})

describe('the size of a repository', () => {
  test('is understood from both versions', () => {
    expect(parseUsage('{"total_size":1390,"total_file_count":0,"total_blob_count":7,"snapshots_count":1}')).toBe(1390)
    expect(
      parseUsage('{"total_size":1435,"total_uncompressed_size":2354,"compression_ratio":1.640418118466899,"snapshots_count":1}'),
    ).toBe(1435)
  })

  test('is unreadable when it is missing', async () => {
    expect(await failureOf(() => parseUsage('{"total_file_count":0}'))).toMatchObject({
      code: 'engine-output',
      message: 'restic’s answer about its size could not be read',
    })
  })
})

describe('a line while restic works', () => {
  test('is progress of a backup', () => {
    const line =
      '{"message_type":"status","percent_done":0.52,"total_files":20,"files_done":11,"total_bytes":4000,"bytes_done":2080,"current_files":["/srv/foundry/a.ldb","/srv/foundry/b.ldb"]}'
    expect(progressOf(parseMessage(line) ?? {})).toEqual({
      doneBytes: 2080,
      totalBytes: 4000,
      doneFiles: 11,
      totalFiles: 20,
      current: '/srv/foundry/a.ldb',
    })
  })

  test('is progress of a restore', () => {
    const line = '{"message_type":"status","total_files":5,"files_restored":2,"total_bytes":300013,"bytes_restored":13}'
    expect(progressOf(parseMessage(line) ?? {})).toEqual({ doneBytes: 13, totalBytes: 300_013, doneFiles: 2, totalFiles: 5 })
  })

  test('fails nothing when a number in it is none', () => {
    expect(progressOf({ message_type: 'status', bytes_done: '2 kB', total_bytes: null, current_files: [7] })).toEqual({})
  })

  test.each(['', 'repository 8a7e opened', '{"message_type":', '{"percent_done":0}', '[1]', '{"message_type":5}', 'null'])(
    'is no message when it is %j',
    (line) => {
      expect(parseMessage(line)).toBeUndefined()
    },
  )
})

describe('a file that could not be read', () => {
  test.each([
    [
      '0.14',
      '{"message_type":"error","error":{"Op":"open","Path":"/srv/foundry/y","Err":13},"during":"archival","item":"/srv/foundry/y"}',
      { item: '/srv/foundry/y', cause: 'permission denied' },
    ],
    [
      '0.14, with a number that has no words here',
      '{"message_type":"error","error":{"Op":"read","Path":"/srv/foundry/y","Err":116},"during":"archival","item":"/srv/foundry/y"}',
      { item: '/srv/foundry/y', cause: 'read failed with errno 116' },
    ],
    [
      '0.18',
      '{"message_type":"error","error":{"message":"open /srv/foundry/y: permission denied"},"during":"archival","item":"/srv/foundry/y"}',
      { item: '/srv/foundry/y', cause: 'open /srv/foundry/y: permission denied' },
    ],
    ['a version that says nothing', '{"message_type":"error","error":{}}', { item: 'a file', cause: 'could not be read' }],
    ['a version that says null', '{"message_type":"error","error":null}', { item: 'a file', cause: 'could not be read' }],
  ])('is named with its cause: restic %s', (_version, line, expected) => {
    expect(fileErrorOf(parseMessage(line) ?? {})).toEqual(expected)
  })
})

describe('a listing of a snapshot', () => {
  const listing = [
    '{"time":"2026-01-26T00:00:00Z","paths":["/srv"],"struct_type":"snapshot"}',
    '{"name":"a","path":"/srv/a","type":"dir"}',
    '{"name":"b","path":"/srv/a/b","type":"file","size":12}',
    '',
  ].join('\n')

  test('tells whether it holds a path, exactly that one, and how much lies below', () => {
    expect(sizeOfListed(listing, '/srv/a')).toEqual({ found: true, sizeBytes: 12 })
    expect(sizeOfListed(listing, '/srv')).toEqual({ found: false, sizeBytes: 12 })
    expect(sizeOfListed(listing, '/srv/ab')).toEqual({ found: false, sizeBytes: 0 })
  })

  test('of what a pattern found tells the same', () => {
    expect(sizeOfFound('[{"matches":[{"path":"/a","size":3},{"path":"/d","type":"dir"}],"hits":2}]')).toEqual({
      found: true,
      sizeBytes: 3,
    })
    for (const nothing of ['[]', '', '[{"matches":null,"hits":0}]']) expect(sizeOfFound(nothing).found).toBe(false)
  })

  test('that cannot be read is an error', async () => {
    expect(await failureOf(() => sizeOfListed('no json', '/srv'))).toMatchObject({ code: 'engine-output' })
  })
})
