import { resolve } from 'node:path'
import type { ChosenTarget, RestoreRequest } from '../app/restore/request.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { GlobalOptions } from './options.ts'

export interface RestoreOptions extends GlobalOptions {
  readonly to?: string
  readonly at?: string
  readonly point?: string
  readonly name?: string
  readonly path?: readonly string[]
  readonly match?: string[]
  readonly overwrite?: boolean
  readonly inPlace?: boolean
  readonly undo?: boolean
  readonly delete?: boolean
  readonly temporary?: boolean
  readonly detach?: boolean
  readonly stop?: string | true
  readonly database?: string
  readonly table?: string[]
  readonly into?: string
  readonly replace?: boolean
  readonly dryRun?: boolean
}

/** What a restore needs to know, in whatever way it was told. */
export type WholeRestoreOptions = RestoreOptions & { readonly component: string }

/** What the options ask for; throws `usage` for those that don't go together. */
export const requestOf = (options: WholeRestoreOptions): RestoreRequest<ChosenTarget> => ({
  component: options.component,
  at: options.at,
  point: options.point,
  name: options.name,
  paths: options.path ?? [],
  patterns: options.match ?? [],
  target: restoreTargetOf(options),
  purpose: 'restore',
})

/** The choices of a place, for the hint of an error. */
export const targets = '--to FOLDER, --in-place, --temporary, or --database NAME with --to FILE or --into NAME'

/** What the options say of where to; throws `usage` for those that don't go together. */
function restoreTargetOf(options: RestoreOptions): ChosenTarget {
  const { database, into } = options
  const only = (allowed: readonly (keyof RestoreOptions)[]) => {
    const names = ['to', 'overwrite', 'inPlace', 'delete', 'temporary', 'detach', 'database', 'table', 'into', 'replace'] as const
    const strange = names.find((name) => options[name] !== undefined && !allowed.includes(name))
    if (strange === undefined) return
    const spelled = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw new HoldfastError('usage', `${spelled(strange)} does not go with ${allowed.map(spelled).join(', ')}`, {
      hint: `where to: ${targets}`,
    })
  }
  if (database !== undefined) {
    const of = { database, tables: options.table ?? [] }
    if (into !== undefined) {
      only(['database', 'table', 'into', 'replace'])
      return { kind: 'live-database', database: into, replaces: options.replace ?? false, of }
    }
    if (options.to === undefined) {
      throw new HoldfastError('usage', '--database needs a place to go to', { hint: 'give --to FILE, or --into NAME' })
    }
    only(['database', 'table', 'to'])
    return { kind: 'dump', file: resolve(options.to), of }
  }
  if (options.inPlace) {
    only(['inPlace', 'delete'])
    return { kind: 'in-place', deletes: options.delete ?? false }
  }
  if (options.temporary) {
    only(['temporary', 'to', 'detach'])
    return { kind: 'temporary', folder: options.to === undefined ? undefined : resolve(options.to) }
  }
  if (options.to === undefined) {
    throw new HoldfastError('usage', 'a restore needs a place to go to', { hint: targets })
  }
  only(['to', 'overwrite'])
  return { kind: 'directory', folder: resolve(options.to), overwrite: options.overwrite ?? false }
}
