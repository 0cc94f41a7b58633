import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import type { HoldfastError } from '../domain/errors.ts'
import { createLocalPlace } from '../places/local.ts'
import { loadSecrets, type Secrets } from './secrets.ts'

const passphrase = 'correct horse battery staple'
const keys = 'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCY\n'

interface Situation {
  readonly needsS3?: boolean
  readonly environment?: NodeJS.ProcessEnv
}

function load(directory: string, { needsS3 = false, environment = {} }: Situation = {}): Promise<Secrets> {
  return loadSecrets({ directory, needsS3, place: createLocalPlace(), environment })
}

const refusal = (directory: string, situation?: Situation): Promise<HoldfastError> => failureOf(() => load(directory, situation))

function put(directory: string, name: string, content: string | Buffer, mode = 0o600): string {
  const file = join(directory, name)
  writeFileSync(file, content)
  chmodSync(file, mode)
  return file
}

describe('the passphrase', () => {
  test('is one line of a file; what surrounds it is no part of it, as for restic', async () => {
    const directory = temporaryFolder()
    const file = put(directory, 'restic.key', `\uFEFF  ${passphrase} \r\n`)
    const secrets = await load(directory)
    expect(secrets.value('RESTIC_PASSWORD')).toBe(passphrase)
    expect(secrets.fileOf('RESTIC_PASSWORD')).toBe(file)
    expect(secrets.all).toEqual([passphrase])
  })

  test('comes from the environment where there is no file', async () => {
    const secrets = await load(temporaryFolder(), { environment: { RESTIC_PASSWORD: passphrase } })
    expect(secrets.value('RESTIC_PASSWORD')).toBe(passphrase)
    expect(secrets.fileOf('RESTIC_PASSWORD')).toBeUndefined()
  })

  test('comes from the file when there is one, whatever the environment says', async () => {
    const directory = temporaryFolder()
    put(directory, 'restic.key', passphrase)
    const secrets = await load(directory, { environment: { RESTIC_PASSWORD: 'another passphrase' } })
    expect(secrets.value('RESTIC_PASSWORD')).toBe(passphrase)
    expect(secrets.all).not.toContain('another passphrase')
  })

  test('comes from systemd’s credentials when they hold one', async () => {
    const [directory, credentials] = [temporaryFolder(), temporaryFolder()]
    put(directory, 'restic.key', 'not this passphrase')
    const file = put(credentials, 'restic.key', passphrase, 0o400)
    const secrets = await load(directory, { environment: { CREDENTIALS_DIRECTORY: credentials } })
    expect(secrets.value('RESTIC_PASSWORD')).toBe(passphrase)
    expect(secrets.fileOf('RESTIC_PASSWORD')).toBe(file)
  })

  test('that is missing is told with the file that should hold it', async () => {
    const directory = temporaryFolder()
    expect(await refusal(directory)).toMatchObject({
      code: 'secret',
      message: `there is no passphrase: ${directory}/restic.key does not exist`,
      hint: 'holdfast init makes one; for an existing repository put its passphrase into that file, mode 0600',
    })
  })

  test.each([
    ['empty', ' \n', 'empty'],
    ['too short', 'hunter2\n', 'not usable'],
    ['of several lines', `${passphrase}\n${passphrase}\n`, 'not usable'],
  ])('is refused when it is %s, and never shown', async (_what, content, word) => {
    const directory = temporaryFolder()
    const file = put(directory, 'restic.key', content)
    const failure = await refusal(directory)
    expect(failure).toMatchObject({ code: 'secret', message: `the passphrase in ${file} is ${word}` })
    expect(JSON.stringify(failure) + failure.message + failure.hint).not.toContain('hunter2')
  })

  test('is refused when it is no text, because the engines would not agree on what it is', async () => {
    const directory = temporaryFolder()
    const file = put(directory, 'restic.key', Buffer.from('ff00fe01fd02fc03fb04fa05f906f807', 'hex'))
    expect(await refusal(directory)).toMatchObject({ code: 'secret', message: `${file} is not UTF-8 text` })
  })
})

describe('the file of a secret', () => {
  test.each([
    [0o644, '0644'],
    [0o640, '0640'],
    [0o602, '0602'],
  ])('is refused with mode %o, because others get at it', async (mode, text) => {
    const directory = temporaryFolder()
    const file = put(directory, 'restic.key', passphrase, mode)
    expect(await refusal(directory)).toMatchObject({
      code: 'secret',
      message: `${file} can be read by others (mode ${text})`,
      hint: `chmod 600 ${file}`,
    })
  })

  test('may be readable by the group among systemd’s credentials, whose access list looks so; by others never', async () => {
    const credentials = temporaryFolder()
    const situation = { environment: { CREDENTIALS_DIRECTORY: `${credentials}/` } }
    const file = put(credentials, 'restic.key', passphrase, 0o440)
    expect((await load(temporaryFolder(), situation)).value('RESTIC_PASSWORD')).toBe(passphrase)
    chmodSync(file, 0o444)
    expect((await refusal(temporaryFolder(), situation)).message).toBe(`${file} can be read by others (mode 0444)`)
  })

  // Needs root: nobody else may give a file away.
  test('is refused when it belongs to somebody else', async () => {
    const directory = temporaryFolder()
    const file = put(directory, 'restic.key', passphrase)
    chownSync(file, 65_534, 65_534)
    expect(await refusal(directory)).toMatchObject({
      code: 'secret',
      message: `${file} belongs to another user (uid 65534)`,
      hint: `chown root ${file}`,
    })
  })

  test('is told when it cannot be read', async () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'restic.key'), { mode: 0o700 })
    expect(await refusal(directory)).toMatchObject({
      code: 'secret',
      message: expect.stringMatching(/^cannot read .*restic\.key: it is a folder$/) as string,
    })
  })
})

describe('the keys of the bucket', () => {
  test('are needed only where there is a bucket', async () => {
    const directory = temporaryFolder()
    put(directory, 'restic.key', passphrase)
    expect((await load(directory)).value('AWS_ACCESS_KEY_ID')).toBeUndefined()
    expect(await refusal(directory, { needsS3: true })).toMatchObject({
      code: 'secret',
      message: 'AWS_ACCESS_KEY_ID is nowhere to be found',
      hint: `write AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=… into ${directory}/aws.env, mode 0600`,
    })
  })

  test('are read the way systemd and a shell read them: comments, export, quotes', async () => {
    const directory = temporaryFolder()
    put(directory, 'restic.key', passphrase)
    put(
      directory,
      'aws.env',
      `# of the user holdfast\r\n\n export AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE" \nAWS_SECRET_ACCESS_KEY='a=b "c" #d'\nAWS_SESSION_TOKEN=\nOTHER=1\n`,
    )
    const secrets = await load(directory, { needsS3: true })
    expect(secrets.value('AWS_ACCESS_KEY_ID')).toBe('AKIAIOSFODNN7EXAMPLE')
    expect(secrets.value('AWS_SECRET_ACCESS_KEY')).toBe('a=b "c" #d')
    expect(secrets.value('AWS_SESSION_TOKEN')).toBeUndefined()
    expect(secrets.fileOf('AWS_SECRET_ACCESS_KEY')).toBe(join(directory, 'aws.env'))
  })

  test('are kept out of what is shown, but for the id, which is no secret and may be a common word', async () => {
    const directory = temporaryFolder()
    put(directory, 'restic.key', passphrase)
    put(directory, 'aws.env', 'AWS_ACCESS_KEY_ID=backup\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI\nAWS_SESSION_TOKEN=FwoGZXIvYXdz\n')
    const secrets = await load(directory, { needsS3: true })
    expect(secrets.value('AWS_ACCESS_KEY_ID')).toBe('backup')
    expect(secrets.all).toEqual([passphrase, 'wJalrXUtnFEMI', 'FwoGZXIvYXdz'])
  })

  test('come from the environment only when there is no file at all', async () => {
    const directory = temporaryFolder()
    put(directory, 'restic.key', passphrase)
    const environment = { AWS_ACCESS_KEY_ID: 'AKIAOFTHESHELL', AWS_SECRET_ACCESS_KEY: 'secret of the shell' }
    expect((await load(directory, { needsS3: true, environment })).value('AWS_ACCESS_KEY_ID')).toBe('AKIAOFTHESHELL')
    put(directory, 'aws.env', 'AWS_ACCESS_KEY_ID=AKIAOFTHEFILE\n')
    expect((await refusal(directory, { needsS3: true, environment })).message).toBe(
      `AWS_SECRET_ACCESS_KEY is missing or empty in ${directory}/aws.env`,
    )
  })

  test('are never shown by a complaint about their line', async () => {
    const directory = temporaryFolder()
    put(directory, 'restic.key', passphrase)
    const file = put(directory, 'aws.env', `${keys}AWS_SESSION_TOKEN: FwoGZXIvYXdzEBYaDK\n`)
    const failure = await refusal(directory, { needsS3: true })
    expect(failure).toMatchObject({ code: 'secret', message: `${file}:3 is not of the form NAME=VALUE` })
    expect([failure.message, failure.hint, failure.detail, failure.stack, JSON.stringify(failure)].join()).not.toMatch(
      /FwoGZXIvYXdzEBYaDK|wJalrXUtnFEMI/,
    )
  })
})

describe('a secret in a git repository', () => {
  function repository(): string {
    const folder = temporaryFolder()
    git(folder, 'init', '--quiet')
    return folder
  }

  function git(folder: string, ...words: string[]): void {
    execFileSync('git', ['-C', folder, ...words], { env: { PATH: process.env['PATH'], HOME: folder }, stdio: 'ignore' })
  }

  test('is refused once it is tracked, because every clone has it', async () => {
    const folder = repository()
    const directory = join(folder, 'secrets')
    mkdirSync(directory)
    const file = put(directory, 'restic.key', passphrase)
    expect((await load(directory)).value('RESTIC_PASSWORD')).toBe(passphrase)
    git(folder, 'add', file)
    expect(await refusal(directory)).toMatchObject({
      code: 'secret',
      message: `${file} is tracked by git`,
      hint: `git rm --cached ${file}, add it to .gitignore, and change the secret: its history keeps it`,
    })
  })

  test('is refused in a repository of another user, which git itself would not look into', async () => {
    const folder = repository()
    put(folder, 'restic.key', passphrase)
    git(folder, 'add', 'restic.key')
    chownSync(folder, 65_534, 65_534)
    chownSync(join(folder, '.git'), 65_534, 65_534)
    expect((await refusal(folder)).message).toContain('is tracked by git')
  })

  test('is found through a link that leads into the repository', async () => {
    const folder = repository()
    put(folder, 'restic.key', passphrase)
    git(folder, 'add', 'restic.key')
    const elsewhere = join(temporaryFolder(), 'secrets')
    symlinkSync(folder, elsewhere)
    expect((await refusal(elsewhere)).message).toContain('is tracked by git')
  })

  test('is found among the keys of the bucket too', async () => {
    const folder = repository()
    put(folder, 'restic.key', passphrase)
    const file = put(folder, 'aws.env', keys)
    git(folder, 'add', 'aws.env')
    expect((await load(folder)).value('RESTIC_PASSWORD')).toBe(passphrase)
    expect((await refusal(folder, { needsS3: true })).message).toBe(`${file} is tracked by git`)
  })
})
