import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder, move, replaceFile } from '../disk/replace-file.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { Site } from '../domain/site.ts'
import { ignoreInGit } from './create.ts'
import type { Secrets } from './secrets.ts'

interface Placed {
  readonly site: Site
  /** Text of its holdfast.yaml. */
  readonly text: string
  /** A copy of storage.s3.caFile, if there is one. */
  readonly authority: string | undefined
  /** Another configuration that lies there is somebody's work, and is kept beside. */
  readonly keepsOther: boolean
}

/**
 * Puts a configuration that came out of a recovery kit in its place, and the certificate that it needs. Throws
 * `target-exists` when another one that lies there can't be kept.
 */
export function placeConfiguration({ site, text, authority, keepsOther }: Placed): string[] {
  const seen: string[] = []
  const { file, storage } = site
  makeFolder(dirname(file), 0o755)
  if (keepsOther && existsSync(file) && readFileSync(file, 'utf8') !== text) {
    const aside = `${file}.before-recover`
    if (lstatSync(aside, { throwIfNoEntry: false }) !== undefined) {
      throw new HoldfastError('target-exists', `${file} is another configuration, and ${aside} exists already`, {
        hint: 'move one of them away, or choose another place: --config FILE',
      })
    }
    move(file, aside)
    seen.push(`the one that was there is kept as ${aside}`)
  }
  replaceFile(file, text, { mode: 0o644, keep: 'durable' })
  ignoreInGit(join(dirname(file), '.gitignore'))
  if (storage.kind === 's3' && storage.caFile !== undefined && !existsSync(storage.caFile)) {
    if (authority === undefined || !existsSync(authority)) {
      throw new HoldfastError('configuration', `${storage.caFile} does not exist, and the recovery kit has no copy of it`, {
        hint: 'put the certificate of the authority there, or name it with --ca-file',
      })
    }
    makeFolder(dirname(storage.caFile), 0o755)
    replaceFile(storage.caFile, readFileSync(authority), { mode: 0o644, keep: 'durable' })
    seen.push(`certificate of the storage's authority: ${storage.caFile}`)
  }
  return [`${site.components.length} components, storage as given`, ...seen]
}

const secret = { mode: 0o600, keep: 'durable' } as const

/** Writes restic.key and aws.env, closed to others, from wherever the secrets came from; what is there already stays. */
export function placeSecrets(site: Site, secrets: Secrets): string[] {
  const folder = site.secretsDirectory
  makeFolder(folder, 0o700)
  const key = join(folder, 'restic.key')
  const keys = join(folder, 'aws.env')
  const written: string[] = []
  if (!existsSync(key)) {
    replaceFile(key, `${secrets.value('RESTIC_PASSWORD') ?? ''}\n`, secret)
    written.push('restic.key')
  }
  if (site.storage.kind === 's3' && !existsSync(keys)) {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const
    const lines = names.flatMap((name) => {
      const value = secrets.value(name)
      return value === undefined ? [] : [`${name}=${quoted(value)}`]
    })
    replaceFile(keys, `${lines.join('\n')}\n`, secret)
    written.push('aws.env')
  }
  return [written.length === 0 ? `they lie in ${folder} already` : `${written.join(' and ')}, mode 0600; they opened the kit`]
}

/** Keys hold letters, digits, / and +; anything else is quoted for the shell and for systemd alike. */
const quoted = (value: string): string => (/^[\w/+=.-]*$/.test(value) ? value : `'${value}'`)
