import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shownCommand, withConfiguration } from './shell-text.ts'

test.each([
  'plain',
  'with space',
  "it's",
  'line\nbreak',
  '\u001b[31mred\u0007',
  String.raw`back\nslash and $HOME`,
  `\u0085${String.raw`\'`}\t`,
  'turned \u202e round',
  'ünï 東京 \u200f1',
])('what is shown means %j to a shell, and nothing to a terminal', (word) => {
  const shown = shownCommand(['printf', '%s', word])
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200f\u202e]/)
  expect(execFileSync('bash', ['-c', shown], { env: { LC_ALL: 'C.UTF-8', HOME: '/root' } }).toString()).toBe(word)
})

test('a command names the configuration that was named to it', () => {
  expect(withConfiguration(['holdfast', 'points'], {})).toEqual(['holdfast', 'points'])
  expect(withConfiguration(['holdfast', 'points'], { config: '/etc/other.yaml' })).toEqual([
    ...['holdfast', 'points', '--config', '/etc/other.yaml'],
  ])
})
