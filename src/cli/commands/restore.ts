import { resolve } from 'node:path'
import type { RestoreListener, RestoreOutcome, RestoreRequest, RestoreTarget } from '../../app/restore/request.ts'
import { restore } from '../../app/restore/restore.ts'
import { componentNamed, type AppContext } from '../../app/site/context.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { isDatabase, type PostgresComponent } from '../../domain/site.ts'
import { runsIn } from '../../sources/postgres/server-control.ts'
import { composeContext } from '../compose.ts'
import type { GlobalOptions } from '../options.ts'
import type { Console } from '../output/console.ts'
import { restoreLines } from '../views/restore-view.ts'

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
}

export async function restoreCommand(given: RestoreOptions, console: Console, [named]: string[]): Promise<number> {
  const context = await composeContext(given, console)
  if (given.stop !== undefined || given.undo) return endEarlier(context, given, console, databaseNamed(context, named ?? ''))
  if (named !== undefined) componentNamed(context.site, named)
  const options = await complete(context, given, console, named)
  const { component } = options
  const request: RestoreRequest = {
    component,
    at: options.at,
    point: options.point,
    name: options.name,
    paths: options.path ?? [],
    patterns: options.match ?? [],
    target: restoreTargetOf(options),
    purpose: 'restore',
  }
  const view = restoreProgress(context, component, console)
  const outcome = await restore(context, request, view).finally(view.clear)
  console.print({ restore: outcome }, (terminal) => restoreLines(outcome, terminal))
  if (outcome.kind === 'temporary' && !options.detach) await keepUntilStopped(context, console, outcome)
  return 0
}

/** Asks on the terminal for what the command line leaves open; throws `usage` where nobody can be asked. */
async function complete(
  context: AppContext,
  options: RestoreOptions,
  console: Console,
  component: string | undefined,
): Promise<RestoreOptions & { readonly component: string }> {
  const { to, inPlace, temporary, database, json, quiet, yes, config: _config, ...others } = options
  const hasPlace = to !== undefined || inPlace || temporary || database !== undefined
  if (component !== undefined && hasPlace) return { ...options, component }
  const mayAsk = console.canAsk && console.outlet.errors.terminal.interactive && !json && !quiet && !yes
  const begun = hasPlace || Object.values(others).some((value) => value !== undefined)
  if (mayAsk && !begun) {
    const { guideRestore } = await import('../guide/guide-restore.ts')
    return { ...options, ...(await guideRestore(context, options, console, component)) }
  }
  throw new HoldfastError('usage', `a restore needs ${component === undefined ? 'a component and ' : ''}a place to go to`, {
    hint: `holdfast restore ${component ?? 'COMPONENT'} ${targets}; without any option, and on a terminal, it asks for everything`,
  })
}

const targets = '--to FOLDER, --in-place, --temporary, or --database NAME with --to FILE or --into NAME'

/** What the options say of where to; throws `usage` for those that don't go together. */
export function restoreTargetOf(options: RestoreOptions): RestoreTarget {
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

/** Draws progress on a terminal, and asks there. */
export function restoreProgress(
  context: AppContext,
  component: string,
  console: Console,
): RestoreListener & { clear: () => void } {
  const { report, clear } = console.progress(component, context.clock)
  return {
    clear,
    report,
    agree: async (consequences) => {
      clear()
      return console.askToType(component, consequences)
    },
  }
}

/** Until Ctrl-C, which here is how it is meant to end. */
async function keepUntilStopped(context: AppContext, console: Console, outcome: RestoreOutcome): Promise<void> {
  const { signal } = context
  const [data = ''] = outcome.places
  // Somebody else may stop it too.
  while (!signal.aborted && runsIn(data)) await context.clock.sleep(1000, signal).catch(() => undefined)
  if (console.isTalking) console.fail(() => ['', 'stopping it, and removing its files'])
  const { stopTemporary } = await import('../../app/restore/restore-temporary.ts')
  await stopTemporary({ ...context, signal: new AbortController().signal }, outcome.component, outcome.target)
}

async function endEarlier(
  context: AppContext,
  options: RestoreOptions,
  console: Console,
  component: PostgresComponent,
): Promise<number> {
  const { name } = component
  if (options.stop !== undefined) {
    const { stopTemporary } = await import('../../app/restore/restore-temporary.ts')
    const folder = options.stop === true ? undefined : resolve(options.stop)
    const { folder: removed } = await stopTemporary(context, name, folder)
    console.print({ stopped: { component: name, folder: removed } }, () => [
      `the temporary cluster in ${removed} is stopped and removed`,
    ])
    return 0
  }
  const { undoInPlace } = await import('../../app/restore/restore-database.ts')
  const said = await undoInPlace(context, component)
  console.print({ undone: { component: name, said } }, () => [said])
  return 0
}

function databaseNamed(context: AppContext, name: string): PostgresComponent {
  const component = componentNamed(context.site, name)
  if (isDatabase(component)) return component
  throw new HoldfastError('usage', `--stop and --undo are for databases, and ${name} holds files`)
}
