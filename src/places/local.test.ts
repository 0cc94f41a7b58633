import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Command } from '../domain/command.ts'
import { createLocalPlace } from './local.ts'

const options = { signal: new AbortController().signal, deadlineMs: 60_000, captureBytes: 10_000 }

function commandOf(program: string, words: readonly string[] = [], extra: Partial<Command> = {}): Command {
  return { program, arguments: words, environment: {}, secretEnvironment: [], ...extra }
}

function install(folder: string, name: string, mode = 0o755): void {
  writeFileSync(join(folder, name), '#!/bin/sh\n')
  chmodSync(join(folder, name), mode)
}

describe('the environment of a command', () => {
  test('holds what is allowed to go on, what the command sets, and the secrets that it names; nothing else', async () => {
    const place = createLocalPlace({
      environment: {
        PATH: '/usr/bin:/bin',
        HOME: '/root',
        TZ: 'Australia/Perth',
        LANG: 'de_DE.UTF-8',
        LD_PRELOAD: '/tmp/evil.so',
        GITHUB_TOKEN: 'ghp_of_a_user',
        AWS_SECRET_ACCESS_KEY: 'of the shell, not of the site',
        RESTIC_REPOSITORY: '/elsewhere',
      },
      secretValue: (name) => ({ RESTIC_PASSWORD: 'the passphrase', AWS_ACCESS_KEY_ID: 'unnamed' })[name as string],
    })
    const command = commandOf('env', [], {
      environment: { RESTIC_PROGRESS_FPS: '2' },
      secretEnvironment: ['RESTIC_PASSWORD', 'AWS_SESSION_TOKEN'],
    })
    const { stdout } = await place.run(command, options)
    expect(stdout.trim().split('\n').toSorted()).toEqual([
      'HOME=/root',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/bin:/bin',
      'RESTIC_PASSWORD=the passphrase',
      'RESTIC_PROGRESS_FPS=2',
      'TZ=Australia/Perth',
    ])
  })

  test('never shows a secret in what comes back', async () => {
    const place = createLocalPlace({ secretValue: () => 'the passphrase', secrets: ['the passphrase'] })
    const { stdout } = await place.run(
      commandOf('sh', ['-c', 'echo $RESTIC_PASSWORD'], { secretEnvironment: ['RESTIC_PASSWORD'] }),
      options,
    )
    expect(stdout).toBe('[redacted]\n')
  })
})

describe('a program', () => {
  test('is found in PATH, in its order', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()]
    install(first, 'restic')
    install(second, 'restic')
    expect(createLocalPlace({ environment: { PATH: `${first}:${second}` } }).find('restic')).toBe(join(first, 'restic'))
  })

  test('is found in the folders of the administrator although PATH lacks them', () => {
    expect(createLocalPlace({ environment: {} }).find('env')).toBe('/usr/bin/env')
  })

  test.each([
    ['a file that may not be executed', (folder: string) => install(folder, 'restic-of-a-test', 0o644)],
    ['a folder', (folder: string) => mkdirSync(join(folder, 'restic-of-a-test'))],
    ['a link that leads nowhere', (folder: string) => symlinkSync('/nowhere', join(folder, 'restic-of-a-test'))],
  ])('is not %s', (_what, make) => {
    const folder = temporaryFolder()
    make(folder)
    const place = createLocalPlace({ environment: { PATH: folder } })
    expect(place.find('restic-of-a-test')).toBeUndefined()
    expect(place.find(join(folder, 'restic-of-a-test'))).toBeUndefined()
  })

  test('is never looked for below the folder where somebody stands', () => {
    const place = createLocalPlace({ environment: { PATH: `.:${process.cwd()}` } })
    expect(place.find('node_modules/.bin/vitest')).toBeUndefined()
    expect(createLocalPlace({ environment: { PATH: 'node_modules/.bin:' } }).find('vitest')).toBeUndefined()
  })

  test('is run with its words as they are, whatever a shell would make of them', async () => {
    const words = ['$HOME', '*', "it's", 'a  b', '', '; echo oops', '-n']
    const { stdout } = await createLocalPlace().run(commandOf('printf', ['%s\\n', ...words]), options)
    expect(stdout).toBe(`${words.join('\n')}\n`)
  })

  test('is run as the user that the command names, in the groups of that user and in none of ours', async () => {
    const { stdout } = await createLocalPlace().run(commandOf('id', [], { user: 'nobody' }), options)
    expect(stdout).toMatch(/^uid=\d+\(nobody\) gid=\d+\(nogroup\) groups=\d+\(nogroup\)$/m)
  })

  test('is named when it takes too long, not what stands in front of it', async () => {
    expect(
      await failureOf(() => createLocalPlace().run(commandOf('sleep', ['60']), { ...options, deadlineMs: 50 })),
    ).toMatchObject({ code: 'timeout', message: 'sleep took longer than 0s and was stopped' })
  })

  test('is named when it is not installed', async () => {
    expect(await failureOf(() => createLocalPlace().run(commandOf('restic-of-a-test'), options))).toMatchObject({
      code: 'program-missing',
      message: 'restic-of-a-test is not installed',
    })
  })
})
