import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blank, commandReading, commandText, shellWord } from './command-text.ts'

/** What a real shell understands, word for word. */
function wordsThatShellReads(text: string): string[] {
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', `printf '%s\\0' ${text}`], { encoding: 'utf8', cwd: '/' })
  expect(stderr).toBe('')
  return stdout.split('\0').slice(0, -1)
}

describe('a command as text', () => {
  test('means the same words to a real shell', () => {
    const nasty = fc.constantFrom(
      "'",
      '"',
      '\\',
      '$HOME',
      '`id`',
      '*',
      '~',
      '!',
      ' ',
      '\n',
      '\t',
      '#',
      '=',
      '{a,b}',
      '字',
      '-',
      ';',
      '&',
    )
    const word = fc.oneof(
      fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')),
    )
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (words) => {
        expect(wordsThatShellReads(words.map(shellWord).join(' '))).toEqual(words)
      }),
      { numRuns: 50 },
    )
  })

  test('leaves plain words unquoted, so that people can read it', () => {
    expect(shellWord('s3:https://s3.example.org:9000/bucket/pi-hosting/foundry')).toBe(
      's3:https://s3.example.org:9000/bucket/pi-hosting/foundry',
    )
    expect(shellWord('*.tmp')).toBe("'*.tmp'")
    expect(shellWord("it's")).toBe("'it'\\''s'")
    expect(shellWord('')).toBe("''")
  })

  test.each([
    ['as it is', {}, "restic --exclude '*.tmp'"],
    [
      'with its environment',
      { environment: { RESTIC_PROGRESS_FPS: '2', NOTE: 'a b' } },
      "RESTIC_PROGRESS_FPS=2 NOTE='a b' restic --exclude '*.tmp'",
    ],
    ['as another user', { user: 'postgres' }, "runuser -u postgres -- restic --exclude '*.tmp'"],
    [
      'as another user, who would not see our environment',
      { user: 'postgres', environment: { TZ: 'UTC' } },
      "runuser -u postgres -- env TZ=UTC restic --exclude '*.tmp'",
    ],
  ])('can be run by hand: %s', (_how, extra, text) => {
    const command = { program: 'restic', arguments: ['--exclude', '*.tmp'], environment: {}, secretEnvironment: [], ...extra }
    expect(commandText(command)).toBe(text)
  })
})

describe('what is left to the reader', () => {
  const shell = (text: string) => spawnSync('/bin/sh', ['-c', text], { encoding: 'utf8', env: { KEY: 'a $b `c` "d" \\' } }).stdout

  test('stands in a word as a variable, however odd the rest of the word is', () => {
    expect(shellWord(`--set=${blank('LABEL')}`)).toBe('--set="$LABEL"')
    expect(shell(`printf %s ${shellWord(`it's $HOME/${blank('KEY')}-end`)}`)).toBe('it\'s $HOME/a $b `c` "d" \\-end')
  })

  test('gets into a file without being an argument', () => {
    expect(shell(commandReading('cat', `pass=${blank('KEY')}\n$HOME \\ \`id\`\nEND\n`))).toBe(
      'pass=a $b `c` "d" \\\n$HOME \\ `id`\nEND\n',
    )
    expect(shell(commandReading('cat', '$HOME \\ `id`\nEND'))).toBe('$HOME \\ `id`\nEND\n')
  })
})
