import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { RestorePreview } from '../../app/restore/restore-guide.ts'
import { parseInstant } from '../../domain/clock.ts'
import { bytes } from '../../domain/size.ts'
import { calendarScreen } from './calendar-screen.ts'
import { choiceScreen } from './choice-screen.ts'
import { folderAbove, folderScreen, toggled } from './folder-screen.ts'
import { commandWords, optionsOf, placesFor, type ChosenRestore } from './restore-place.ts'
import { startScreen, summaryLines, type RestoreSummary } from './restore-summary.ts'
import { folded, shownPart, type Screen } from './screen.ts'
import { textScreen } from './text-screen.ts'

const plain = (_style: unknown, text: string): string => text
const size = { columns: 80, rows: 5, height: 30 }

/** Presses keys one after the other: a name, or a character in quotes. Gives back the answer, or the state that is left. */
function play<State, Answer>(screen: Screen<State, Answer>, ...keys: string[]): { state?: State; answer?: Answer } {
  let state = screen.begin
  for (const key of keys) {
    const pressed = screen.press(state, /^'.*'$/.test(key) ? { name: 'text', text: key.slice(1, -1) } : { name: key })
    if ('answer' in pressed) return pressed
    state = pressed.state
  }
  return { state }
}

/** What is seen after some keys. */
function seen<State, Answer>(screen: Screen<State, Answer>, ...keys: string[]): string {
  const { state } = play(screen, ...keys)
  return screen.lines(state as State, size, plain).join('\n')
}

beforeAll(() => {
  vi.stubEnv('TZ', 'Australia/Perth')
  return () => vi.unstubAllEnvs()
})

const modifiedAt = parseInstant('2026-01-25T14:00:02Z')
const entries = [
  { path: '/srv/foundry/worlds', kind: 'folder' as const, modifiedAt },
  { path: '/srv/foundry/line\nbreak', kind: 'file' as const, sizeBytes: bytes(4312), modifiedAt },
]
const choice = choiceScreen('Which one?', [
  { label: 'foundry', note: '/srv/foundry', value: 1 },
  { label: 'logs', value: 2 },
])
const many = choiceScreen(
  'Which one?',
  Array.from({ length: 40 }, (_one, index) => ({ label: `number ${index}`, value: index })),
)
const text = textScreen('Which time?', ['any second'], '03:00', (value) => (value === '' ? 'name one' : undefined))
const calendar = calendarScreen(
  'On which day?',
  new Map([
    ['2026-01-02', { mark: '■', words: ['2026-01-02: 1 point'] }],
    ['2026-02-10', { mark: '◧', words: ['2026-02-10: any second', '03:00:00 to 12:00:00'] }],
  ]),
  '■ has points',
)
const folder = folderScreen({ path: '/srv/foundry', above: undefined, entries, more: 2 }, [])

const preview: RestorePreview = {
  point: {
    ...{ id: '7'.repeat(64), kind: 'snapshot', beganAt: modifiedAt, endedAt: modifiedAt },
    ...{ dependsOn: [], hasErrors: false, tags: [] },
  },
  restoredTo: modifiedAt,
  commands: [
    {
      program: 'restic',
      arguments: ['restore', '--repo', 's3:https://s3.example.org/my-backups/pi-hosting/foundry', '--include', '/srv/a b', '777'],
      environment: { RESTIC_PROGRESS_FPS: '2' },
      secretEnvironment: [],
    },
  ],
  download: { atMostBytes: bytes(4_000_000_000), alsoWal: false, price: { currency: 'USD', amount: 0.4564 }, freeGb: 100 },
  last: { at: modifiedAt, durationMs: 138_000 },
}

const summary: RestoreSummary = {
  component: 'foundry',
  location: { kind: 's3', host: 's3.example.org', port: 443, bucket: 'my-backups', region: 'r', prefix: 'p', pathStyle: false },
  paths: ['/srv/a b', '/srv/line\nbreak'],
  part: undefined,
  destination: '/var/tmp/restored',
  latest: false,
  preview,
  words: ['holdfast', 'restore', 'foundry', '--path', '/srv/a b', '--path', '/srv/line\nbreak', '--to', '/var/tmp/restored'],
}

const unknown: RestoreSummary = {
  ...summary,
  component: 'database',
  location: { kind: 'directory', path: '/mnt/backup' },
  paths: [],
  latest: true,
  preview: {
    ...preview,
    commands: preview.commands.map((command) => ({ ...command, program: 'pgbackrest', user: 'postgres' })),
    download: undefined,
    last: undefined,
  },
}

const unpriced: RestoreSummary = {
  ...summary,
  preview: {
    ...preview,
    download: { atMostBytes: bytes(4e9), alsoWal: true, price: { unknown: 'not an AWS bucket' }, freeGb: 0 },
  },
}

test('what is seen while a restore is chosen is that of the golden file', async () => {
  const screens = {
    'a choice': seen(choice, 'down'),
    'a long choice': seen(many, 'pagedown', 'down'),
    'a line': seen(text, "'7'", 'left'),
    'a line that is refused': seen(text, 'clear', 'return'),
    'a calendar': seen(calendar),
    'a calendar, on a day of nothing': seen(calendar, 'month-back', 'pageup', 'return'),
    'a folder': seen(folder, 'down', 'space'),
    'an empty folder': seen(folderScreen({ path: '/srv/empty', above: '/srv', entries: [], more: 0 }, ['/srv/x'])),
    'a summary': summaryLines(summary, 80, plain).join('\n'),
    'a summary of a database, narrow': summaryLines(unknown, 40, plain).join('\n'),
    'a summary, of a price that is not known': summaryLines(unpriced, 80, plain).slice(6, 8).join('\n'),
    'a summary, too long for the terminal': startScreen(summary)
      .lines(3, { ...size, height: 8 }, plain)
      .join('\n'),
  }
  const shown = Object.entries(screens).map(([title, lines]) => `== ${title}\n${lines}\n`)
  await expect(shown.join('\n')).toMatchFileSnapshot('../../../test/golden/guide.txt')
})

test('a line of a narrow summary is wider than the terminal only where one word of a command is', () => {
  const wide = summaryLines(unknown, 40, plain).filter((line) => line.length > 40)
  expect(wide.map((line) => line.trim())).toEqual(['s3:https://s3.example.org/my-backups/pi-hosting/foundry \\'])
})

describe('a choice', () => {
  test('is taken with Enter', () => {
    expect(play(choice, 'return')).toEqual({ answer: 1 })
    expect(play(choice, 'down', 'down', 'return')).toEqual({ answer: 2 })
    expect(play(many, 'end', 'up', 'return')).toEqual({ answer: 38 })
    expect(play(many, 'end', 'home', 'up', 'return')).toEqual({ answer: 0 })
  })

  test('that is chosen is always in sight', () => {
    for (let chosen = 0; chosen < 40; chosen += 1) {
      const { from, to } = shownPart(40, chosen, 5)
      expect(from <= chosen && chosen < to && to - from === 5).toBe(true)
    }
    expect(shownPart(2, 1, 5)).toEqual({ from: 0, to: 2 })
  })
})

describe('a line', () => {
  test('is edited as in a shell', () => {
    expect(play(text, 'end', 'backspace', "'5'", 'return')).toEqual({ answer: '03:05' })
    expect(play(text, 'home', 'delete', "'1'", 'right', 'backspace', 'return')).toEqual({ answer: '1:00' })
    expect(play(text, 'clear', "'a'", "'🎲'", "'b'", 'left', 'backspace', 'return')).toEqual({ answer: 'ab' })
  })

  test('is not taken as long as something is wrong with it', () => {
    expect(play(text, 'clear', 'return', "'x'", 'return')).toEqual({ answer: 'x' })
    expect(seen(text, 'clear', 'return')).toContain('✗ name one')
    expect(seen(text, 'clear', 'return', "'x'")).not.toContain('✗')
  })
})

describe('a calendar', () => {
  test('begins with the newest day, and takes only one that has something', () => {
    expect(play(calendar, 'return')).toEqual({ answer: '2026-02-10' })
    expect(play(calendar, 'left', 'return', 'home', 'return')).toEqual({ answer: '2026-01-02' })
    expect(seen(calendar, 'left', 'return')).toContain('nothing of 2026-02-09; nearest: 2026-01-02, 2026-02-10')
  })
})

describe('folders', () => {
  test('are walked through, with what was ticked so far', () => {
    expect(play(folder, 'space', 'right')).toEqual({ answer: { open: '/srv/foundry/worlds', ticked: ['/srv/foundry/worlds'] } })
    expect(play(folder, 'down', 'right', 'space', 'return')).toEqual({ answer: { done: ['/srv/foundry/line\nbreak'] } })
    expect(play(folder, 'left', 'return').state?.complaint).toContain('tick something')
    expect(folderAbove('/srv/foundry/worlds', ['/srv/foundry'])).toBe('/srv/foundry')
    expect(folderAbove('/srv/foundry', ['/srv/foundry'])).toBeUndefined()
  })

  test('that are ticked stand for all that is in them', () => {
    expect(toggled(['/srv/a/1', '/srv/ab'], '/srv/a')).toEqual(['/srv/a', '/srv/ab'])
    expect(toggled(['/srv/a'], '/srv/a/1')).toEqual(['/srv/a'])
    expect(toggled(['/srv/a'], '/srv/a')).toEqual([])
  })
})

test('a text is broken between words, and a long word where it must be', () => {
  expect(folded('one two three', 8)).toEqual(['one two', 'three'])
  expect(folded('/a/very/long/path x', 8)).toEqual(['/a/very/', 'long/pat', 'h x'])
})

describe('what was chosen', () => {
  const chosen = { component: 'database', at: parseInstant('2026-01-25T14:00:02Z') }
  const command = (part: Partial<ChosenRestore>): string =>
    commandWords(optionsOf({ ...chosen, ...part }))
      .slice(5)
      .join(' ')

  test('is a restore in the words of the command line', () => {
    expect(commandWords(optionsOf(chosen)).slice(0, 5)).toEqual([
      ...['holdfast', 'restore', 'database', '--at', '2026-01-25 22:00:02+08:00'],
    ])
    expect(command({ place: 'folder', to: '/srv/back' })).toBe('--to /srv/back')
    expect(command({ place: 'in-place' })).toBe('--in-place')
    expect(command({ place: 'temporary', to: '/srv/back' })).toBe('--temporary --to /srv/back')
    const part = { database: 'app', tables: ['public.users', 'other'] }
    expect(command({ ...part, place: 'dump', to: '/srv/app.dump' })).toBe(
      '--database app --table public.users --table other --to /srv/app.dump',
    )
    expect(command({ database: 'app', place: 'live-database', to: 'app_restored' })).toBe('--database app --into app_restored')
    expect(command({ paths: ['/srv/a', '/srv/b'], place: 'in-place' })).toBe('--path /srv/a --path /srv/b --in-place')
  })

  test('goes only to places that it can go to', () => {
    const places = (...words: Parameters<typeof placesFor>) => placesFor(...words).map(({ value }) => value)
    expect(places({ kind: 'files' }, undefined)).toEqual(['folder', 'in-place'])
    expect(places({ kind: 'postgres' }, undefined)).toEqual(['folder', 'temporary', 'in-place'])
    expect(places({ kind: 'postgres' }, 'app')).toEqual(['dump', 'live-database'])
    const container = { name: 'db', runtime: undefined, user: 'postgres', findsData: true }
    expect(places({ kind: 'postgres', container }, undefined)).toEqual(['folder', 'temporary', 'in-place'])
    expect(places({ kind: 'postgres', container }, 'app')).toEqual(['dump'])
  })
})
