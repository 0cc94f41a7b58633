import { beforeAll, expect, test, vi } from 'vitest'
import { CapturedOutlet } from '../../../test/support/captured-outlet.ts'
import type { PointName } from '../../contract/browse.ts'
import { parseInstant } from '../../domain/clock.ts'
import { bytes } from '../../domain/size.ts'
import type { Terminal } from '../output/terminal.ts'
import { differenceLines, foundLines, listingLines, versionLines } from './browse-view.ts'
import { shownCommand } from '../output/shell-text.ts'

const terminal: Terminal = { interactive: true, columns: 80, paint: (_style, text) => text }
const named = (digit: string, time: string): PointName => ({ id: digit.repeat(64), at: parseInstant(time) })
const january = named('4', '2026-01-01T19:02:30Z')
const today = named('7', '2026-01-25T19:02:33Z')
const modifiedAt = parseInstant('2026-01-25T14:00:02Z')

beforeAll(() => {
  vi.stubEnv('TZ', 'Australia/Perth')
  return () => vi.unstubAllEnvs()
})

const file = (name: string, size: number) => ({
  path: `/srv/foundry/${name}`,
  kind: 'file' as const,
  sizeBytes: bytes(size),
  modifiedAt,
})

const listing = {
  component: 'foundry',
  point: today,
  path: '/srv/foundry',
  kind: 'folder' as const,
  entries: [
    { path: '/srv/foundry/worlds', kind: 'folder' as const, modifiedAt },
    file('line\nbreak \u001b[31m', 4_000_000_000),
    file('empty', 0),
    file('latin\ufffd', 12),
    { path: '/srv/foundry/newest', kind: 'link' as const, modifiedAt },
  ],
  more: 1201,
}

const versions = {
  component: 'foundry',
  path: '/srv/foundry/world.json',
  versions: [
    {
      ...{ kind: 'file' as const, sizeBytes: bytes(4312), modifiedAt, points: 12, newest: today, oldest: january },
      restore: ['holdfast', 'restore', 'foundry', '--point', '77777777', '--path', '/srv/foundry/the world.json'],
    },
    { kind: 'absent' as const, points: 1, newest: january, oldest: january },
    {
      ...{ kind: 'link' as const, linkTarget: 'old\nworld.json', modifiedAt, points: 1, newest: january, oldest: january },
      restore: ['holdfast', 'restore', 'foundry', '--path', '/srv/foundry/line\nbreak'],
    },
  ],
}

const difference = {
  component: 'foundry',
  before: january,
  after: today,
  changes: [
    { change: 'added' as const, path: '/srv/foundry/new', folder: true },
    { change: 'added' as const, path: '/srv/foundry/new/a', folder: false, afterBytes: bytes(4312) },
    { change: 'removed' as const, path: '/srv/foundry/old\u001b', folder: false, beforeBytes: bytes(7) },
    {
      change: 'modified' as const,
      path: '/srv/foundry/b',
      folder: false,
      beforeBytes: bytes(4012),
      afterBytes: bytes(41_000),
    },
    { change: 'replaced' as const, path: '/srv/foundry/link', folder: false },
  ],
  more: 3,
  totals: {
    modifiedFiles: 1,
    added: { files: 4, folders: 1, sizeBytes: bytes(45_312) },
    removed: { files: 1, folders: 0, sizeBytes: bytes(4019) },
  },
}

const found = {
  component: 'foundry',
  pattern: 'world.*',
  searched: 30,
  paths: [
    { ...file('world.json', 4312), points: 12, newest: today, oldest: january, versions: 2 },
    {
      path: '/srv/foundry/world.old',
      kind: 'folder' as const,
      modifiedAt,
      points: 1,
      newest: january,
      oldest: january,
      versions: 1,
    },
  ],
  more: 0,
}

test('what a person sees of points is that of the golden file', async () => {
  const screens = {
    'browse list': listingLines(listing, terminal),
    'browse list, an empty folder': listingLines({ ...listing, entries: [], more: 0 }, terminal),
    'browse list, several paths': listingLines(
      { component: 'foundry', point: today, entries: listing.entries.slice(0, 1), more: 0 },
      terminal,
    ),
    'browse find': foundLines(found, terminal),
    'browse find, nothing': foundLines({ ...found, paths: [] }, terminal),
    'browse versions': versionLines(versions, terminal, shownCommand),
    'browse diff': differenceLines(difference, terminal),
    'browse diff, nothing': differenceLines({ ...difference, changes: [], more: 0 }, terminal),
  }
  const outlet = new CapturedOutlet()
  for (const [title, lines] of Object.entries(screens)) outlet.results.print([`$ holdfast ${title}`, ...lines, ''])
  await expect(outlet.stdout.slice(0, -1)).toMatchFileSnapshot('../../../test/golden/browse.txt')
})
