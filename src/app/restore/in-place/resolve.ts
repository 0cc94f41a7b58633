import { HoldfastError } from '../../../domain/errors.ts'
import type { PostgresComponent } from '../../../domain/site.ts'
import { withSiteLock } from '../../../places/site-lock.ts'
import { lockFileOf, type AppContext } from '../../site/context.ts'
import { readInPlace } from '../../../state/in-place-record.ts'
import { settleInPlace } from './roll-back.ts'

/**
 * Ends what a killed restore in place left half done, and says how; undefined when there is nothing. Throws when a person has to
 * choose, unless one `isAsked` for: the data of before.
 */
export async function resolveInPlace(
  context: AppContext,
  { name }: PostgresComponent,
  { isAsked }: { readonly isAsked: boolean },
): Promise<string | undefined> {
  if (readInPlace(context, name) === undefined) return undefined
  const { place, clock, signal } = context
  return withSiteLock(
    { place, clock, signal, file: lockFileOf(context), verb: 'restore', waitMs: 0, onWait: () => undefined },
    () => settleInPlace(context, name, isAsked),
  )
}

/** Puts back what a killed restore in place had set aside, and says so. Throws `usage` when there is none. */
export async function undoInPlace(context: AppContext, component: PostgresComponent): Promise<string> {
  const what = await resolveInPlace(context, component, { isAsked: true })
  if (what !== undefined) return what
  throw new HoldfastError('usage', `no restore in place of ${component.name} is unfinished`, {
    hint: 'one that succeeded told where the old data lies; what to do with it is in your hands',
  })
}
