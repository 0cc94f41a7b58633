import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import { commandOf, secretVariables, type SecretVariable } from '../domain/command.ts'
import { duration } from '../domain/duration.ts'
import type { Place } from '../places/place.ts'

/**
 * Secrets and where they came from. They live in the secrets folder (`restic.key`, `aws.env`), in systemd's credentials
 * directory under the same names, or in the environment; a file wins over the environment.
 */
export interface Secrets {
  value(name: SecretVariable): string | undefined
  /** The file that holds it, for engines that read files and for the text of a dry run. */
  fileOf(name: SecretVariable): string | undefined
  /** Every value that must not be seen, for redaction. */
  readonly all: readonly string[]
}

interface Found {
  readonly value: string
  readonly file: string | undefined
}

/** A passphrase shorter than this is guessed in no time, and would black out ordinary words in messages. */
const shortestPassphrase = 12

/**
 * Loads what a site needs: the passphrase always, the S3 keys when the storage is S3. Throws `secret` naming the file and
 * the remedy when one is absent, empty, too open, owned by a stranger or tracked by git.
 */
export async function loadSecrets(options: {
  readonly directory: string
  readonly needsS3: boolean
  /** Where git is asked whether it tracks a secret. */
  readonly place: Place
  readonly environment?: NodeJS.ProcessEnv
}): Promise<Secrets> {
  const environment = options.environment ?? process.env
  const found = new Map<SecretVariable, Found>()
  found.set('RESTIC_PASSWORD', readPassphrase(options.directory, environment))
  if (options.needsS3) for (const [name, value] of readAwsKeys(options.directory, environment)) found.set(name, value)
  const files = new Set([...found.values()].map((secret) => secret.file))
  for (const file of files) if (file !== undefined) await refuseTracked(file, options.place)
  return {
    value: (name) => found.get(name)?.value,
    fileOf: (name) => found.get(name)?.file,
    // The id of a key only names it. On a server of one's own it may be a common word, which would be blacked out in answers.
    all: [...found].filter(([name]) => name !== 'AWS_ACCESS_KEY_ID').map(([, secret]) => secret.value),
  }
}

function readPassphrase(directory: string, environment: NodeJS.ProcessEnv): Found {
  const file = locateFile('restic.key', directory, environment)
  // restic trims what it reads from a password file; both engines must get the same text.
  const value = file === undefined ? environment['RESTIC_PASSWORD'] : readSecretFile(file, environment).trim()
  if (value === undefined) {
    throw new HoldfastError('secret', `there is no passphrase: ${join(directory, 'restic.key')} does not exist`, {
      hint: 'holdfast init makes one; for an existing repository put its passphrase into that file, mode 0600',
    })
  }
  if (value.length < shortestPassphrase || /[\r\n]/.test(value)) {
    throw new HoldfastError(
      'secret',
      `the passphrase in ${file ?? 'RESTIC_PASSWORD'} is ${value === '' ? 'empty' : 'not usable'}`,
      {
        hint: `one line of at least ${shortestPassphrase} characters is expected; openssl rand -base64 33 makes a good one`,
      },
    )
  }
  return { value, file }
}

const requiredAwsNames = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
const awsNames = secretVariables.filter((name) => name.startsWith('AWS_'))

function readAwsKeys(directory: string, environment: NodeJS.ProcessEnv): Map<SecretVariable, Found> {
  const file = locateFile('aws.env', directory, environment)
  const variables = file === undefined ? environment : parseEnvironmentFile(file, readSecretFile(file, environment))
  const found = new Map<SecretVariable, Found>()
  for (const name of awsNames) {
    const value = variables[name]
    if (value) found.set(name, { value, file })
  }
  for (const name of requiredAwsNames) {
    if (found.has(name)) continue
    throw new HoldfastError(
      'secret',
      `${name} is ${file === undefined ? 'nowhere to be found' : `missing or empty in ${file}`}`,
      {
        hint: `write ${requiredAwsNames.join('=… and ')}=… into ${join(directory, 'aws.env')}, mode 0600`,
      },
    )
  }
  return found
}

/** Reads KEY=VALUE lines the way systemd's EnvironmentFile and a shell's `.` both do: comments, export, quotes. */
export function parseEnvironmentFile(file: string, text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line)
    if (!match) {
      // The line itself may hold a secret, so only its number is told.
      throw new HoldfastError('secret', `${file}:${index + 1} is not of the form NAME=VALUE`, { hint: 'correct that line' })
    }
    const [, name = '', raw = ''] = match
    variables[name] = /^(["']).*\1$/.test(raw) ? raw.slice(1, -1) : raw
  }
  return variables
}

export function locateFile(name: string, directory: string, environment: NodeJS.ProcessEnv): string | undefined {
  const credentials = environment['CREDENTIALS_DIRECTORY']
  const candidates = [...(credentials === undefined ? [] : [join(credentials, name)]), join(directory, name)]
  return candidates.find((candidate) => existsSync(candidate))
}

const isCredential = (file: string, environment: NodeJS.ProcessEnv): boolean =>
  environment['CREDENTIALS_DIRECTORY'] !== undefined && dirname(file) === resolve(environment['CREDENTIALS_DIRECTORY'])

export function readSecretFile(file: string, environment: NodeJS.ProcessEnv): string {
  try {
    const stats = statSync(file)
    const uid = process.getuid?.() ?? 0
    // systemd hands credentials to a service by an access list, which shows as a mode of the group.
    const byGroup = isCredential(file, environment) ? 0o007 : 0o077
    if ((stats.mode & byGroup) !== 0) {
      throw new HoldfastError('secret', `${file} can be read by others (mode 0${(stats.mode & 0o777).toString(8)})`, {
        hint: `chmod 600 ${file}`,
      })
    }
    if (stats.uid !== uid && stats.uid !== 0) {
      throw new HoldfastError('secret', `${file} belongs to another user (uid ${stats.uid})`, {
        hint: `chown ${uid === 0 ? 'root' : uid} ${file}`,
      })
    }
    return textOf(file, readFileSync(file))
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('secret', `cannot read ${file}: ${systemErrorText(error)}`, {
      hint: 'run holdfast as the user that owns it, usually root',
      cause: error,
    })
  }
}

/** Bytes that are no text would reach the two engines as two different passphrases. */
function textOf(file: string, content: Buffer): string {
  if (!isUtf8(content)) throw new HoldfastError('secret', `${file} is not UTF-8 text`, { hint: 'a secret is a line of text' })
  return content.toString('utf8')
}

/** A secret in a git repository is in every clone of it. Git is asked only where some folder above is a work tree. */
export async function refuseTracked(file: string, place: Place): Promise<void> {
  // A link may lead from a folder without git into a work tree.
  const path = realpathSync(file)
  const workTree = workTreeOf(dirname(path))
  if (workTree === undefined || place.find('git') === undefined) return
  const question = ['-c', `safe.directory=${workTree}`, '-C', dirname(path), 'ls-files', '--error-unmatch', '--', path]
  const { exitCode } = await place.run(commandOf('git', question), {
    signal: new AbortController().signal,
    deadlineMs: duration(10, 's'),
  })
  if (exitCode !== 0) return
  throw new HoldfastError('secret', `${file} is tracked by git`, {
    hint: `git rm --cached ${file}, add it to .gitignore, and change the secret: its history keeps it`,
  })
}

function workTreeOf(directory: string): string | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}
