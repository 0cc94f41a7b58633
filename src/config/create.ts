import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { asBefore, createFile, makeFolder, replaceFile } from '../disk/replace-file.ts'
import { HoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import { createLocalPlace } from '../places/local.ts'
import { draftText, type Draft } from './draft.ts'
import { loadSite } from './load.ts'
import { loadSecrets } from './secrets.ts'
import type { Machine } from '../machine/port.ts'

export interface Created {
  readonly file: string
  /** Files that were written, in order; what was there already stays as it is. */
  readonly written: readonly string[]
  /** The new passphrase, to be shown once; undefined when restic.key was there already. */
  readonly passphrase: string | undefined
}

/**
 * Writes holdfast.yaml, the secrets folder with its templates, and a .gitignore. Throws `target-exists` when there is a
 * configuration already, `secret` when there is a restic.key that could not be used, and `configuration` when the draft would
 * not be a good one; nothing is left behind then.
 *
 * @param file absolute path of holdfast.yaml
 */
export async function createConfiguration(file: string, draft: Draft, machine: Pick<Machine, 'realPath'>): Promise<Created> {
  refuseExisting(file)
  const folder = dirname(file)
  const secrets = join(folder, 'secrets')
  const key = join(secrets, 'restic.key')
  const hasKey = lstatSync(key, { throwIfNoEntry: false }) !== undefined
  if (hasKey) await loadSecrets({ directory: secrets, needsS3: false, place: createLocalPlace(), environment: {} })
  try {
    makeFolder(folder, 0o755)
    await writeChecked(file, draftText(draft), machine)
    // One that was there before stays as open as it is; the secrets in it are closed each by itself.
    makeFolder(secrets, 0o700)
    // 256 bits, in characters that need no quoting anywhere.
    const passphrase = hasKey ? undefined : randomBytes(32).toString('base64url')
    const written = [file]
    if (passphrase !== undefined) written.push(writeSecret(key, `${passphrase}\n`))
    if (draft.storage.kind === 's3' && !existsSync(join(secrets, 'aws.env'))) {
      written.push(writeSecret(join(secrets, 'aws.env'), keysTemplate))
    }
    if (draft.discord === true && !existsSync(join(secrets, 'discord.env'))) {
      written.push(writeSecret(join(secrets, 'discord.env'), discordTemplate))
    }
    const ignored = join(folder, '.gitignore')
    if (ignoreInGit(ignored)) written.push(ignored)
    return { file, written, passphrase }
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new HoldfastError('unexpected', `cannot write ${error.path ?? folder}: ${systemErrorText(error)}`, {
      hint: 'run holdfast as root, or choose a folder of your own: holdfast init --config FILE',
      cause: error,
    })
  }
}

/** Throws `target-exists` when there is a configuration already: it is somebody's work. */
export function refuseExisting(file: string): void {
  if (!existsSync(file)) return
  throw new HoldfastError('target-exists', `${file} exists already`, {
    hint: 'change it with an editor, then: holdfast config check; or write another one: holdfast init --config FILE',
  })
}

/** Under a name of its own until it has been read back without an error. */
async function writeChecked(file: string, text: string, machine: Pick<Machine, 'realPath'>): Promise<void> {
  const draft = join(dirname(file), `.draft-${basename(file)}`)
  try {
    replaceFile(draft, text, { mode: 0o644, keep: 'cache' })
    await loadSite(draft, machine)
    if (!createFile(file, text, { mode: 0o644, keep: 'durable' })) refuseExisting(file)
  } finally {
    rmSync(draft, { force: true })
  }
}

const keysTemplate = [
  '# Keys of a user that may read, write and list in the bucket, and nothing else.',
  'AWS_ACCESS_KEY_ID=',
  'AWS_SECRET_ACCESS_KEY=',
  '',
].join('\n')

const discordTemplate = [
  '# The address of a webhook: in Discord, settings of a channel, Integrations, Webhooks, Copy Webhook URL.',
  'DISCORD_WEBHOOK_URL=',
  '',
].join('\n')

function writeSecret(file: string, text: string): string {
  if (createFile(file, text, { mode: 0o600, keep: 'durable' })) return file
  throw new HoldfastError('target-exists', `${file} exists already`, { hint: 'move it away, then run holdfast init again' })
}

/** The secrets, and the engines' configurations, which hold copies of them. False when all was ignored already. */
export function ignoreInGit(file: string): boolean {
  const present = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const lines = new Set(present.split('\n').map((line) => line.trim()))
  const missing = ['/secrets/', '/pgbackrest/'].filter((line) => !lines.has(line))
  if (missing.length === 0) return false
  const gap = present === '' || present.endsWith('\n') ? '' : '\n'
  replaceFile(file, `${present}${gap}${missing.join('\n')}\n`, { ...asBefore(file, 0o644), keep: 'durable' })
  return true
}
