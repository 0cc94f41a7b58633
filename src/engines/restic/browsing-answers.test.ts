import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { parseInstant } from '../../domain/clock.ts'
import { entryOf, matchedSnapshot, parseChange, parseListedEntry, parseTotals } from './browsing-answers.ts'

// What restic 0.14.0 and 0.18.0 really printed, shortened.

const modifiedAt = parseInstant('2026-01-25T14:00:02.878Z')

describe('a line of a listing', () => {
  test.each([
    [
      '0.14',
      '{"name":"a.txt","type":"file","path":"/srv/a.txt","size":6,"mode":420,"mtime":"2026-01-25T22:00:02.878897947+08:00","struct_type":"node"}',
    ],
    [
      '0.18',
      '{"name":"a.txt","type":"file","path":"/srv/a.txt","size":6,"mode":420,"mtime":"2026-01-25T14:00:02.878897947Z","inode":7,"message_type":"node","struct_type":"node"}',
    ],
  ])('is an entry: restic %s', (_version, line) => {
    expect(parseListedEntry(line)).toEqual({ path: '/srv/a.txt', kind: 'file', sizeBytes: 6, modifiedAt })
  })

  test('is none where it tells of the snapshot itself', () => {
    expect(parseListedEntry('{"time":"2026-01-26T00:00:00Z","paths":["/srv"],"struct_type":"snapshot"}')).toBeUndefined()
    expect(parseListedEntry('{"message_type":"snapshot","struct_type":"snapshot"}')).toBeUndefined()
  })

  test.each(['no json', '{}', '{"path":"/srv/a"}', '{"path":"/srv/a","type":"file","mtime":"yesterday"}'])(
    'that cannot be read is an error: %s',
    async (line) => {
      expect(await failureOf(() => parseListedEntry(line))).toMatchObject({ code: 'engine-output' })
    },
  )
})

describe('a match', () => {
  test('of an empty file has a size, of anything else none', () => {
    const match = (type: string, more = '') =>
      entryOf(`{"path":"/srv/a","type":"${type}","mtime":"2026-01-25T14:00:02.878Z"${more}}`)
    expect(match('file')).toEqual({ path: '/srv/a', kind: 'file', sizeBytes: 0, modifiedAt })
    expect(match('dir')).toEqual({ path: '/srv/a', kind: 'folder', modifiedAt })
    expect(match('fifo')).toEqual({ path: '/srv/a', kind: 'other', modifiedAt })
    expect(match('symlink', ',"linktarget":"b"')).toEqual({ path: '/srv/a', kind: 'link', modifiedAt, linkTarget: 'b' })
  })

  test('names its snapshot afterwards', async () => {
    expect(matchedSnapshot('{"matches":[],"hits":3,"snapshot":"7be79a4b"}')).toBe('7be79a4b')
    expect(await failureOf(() => matchedSnapshot('{"matches":[]}'))).toMatchObject({ code: 'engine-output' })
  })
})

describe('a change', () => {
  test.each([
    ['/srv/new', '+', { change: 'added', path: '/srv/new', folder: false }],
    ['/srv/folder/', '-', { change: 'removed', path: '/srv/folder', folder: true }],
    ['/srv/link', 'T', { change: 'replaced', path: '/srv/link', folder: false }],
    ['/srv/a', 'MU', { change: 'modified', path: '/srv/a', folder: false }],
    ['/srv/rotten', 'M?', { change: 'modified', path: '/srv/rotten', folder: false }],
    ['/srv/touched', 'U', undefined],
  ])('of %s, told as %s, is what it says', (path, modifier, expected) => {
    expect(parseChange({ message_type: 'change', path, modifier })).toEqual(expected)
  })

  test('is counted at the end', async () => {
    const message = {
      message_type: 'statistics',
      changed_files: 1,
      added: { files: 1, dirs: 1, others: 2, data_blobs: 3, tree_blobs: 6, bytes: 5861 },
      removed: { files: 1, dirs: 0, others: 0, data_blobs: 2, tree_blobs: 6, bytes: 5466 },
    }
    expect(parseTotals(message)).toEqual({
      modifiedFiles: 1,
      added: { files: 3, folders: 1, sizeBytes: 5861 },
      removed: { files: 1, folders: 0, sizeBytes: 5466 },
    })
    expect(await failureOf(() => parseTotals({ ...message, added: undefined }))).toMatchObject({ code: 'engine-output' })
  })
})
