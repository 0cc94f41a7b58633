import { HoldfastError } from '../../../domain/errors.ts'
import type { PostgresComponent } from '../../../domain/site.ts'
import type { AppContext } from '../../site/context.ts'
import { holdSite } from '../../site/hold-site.ts'
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
  return holdSite(context, 'restore', () => settleInPlace(context, name, isAsked))
}

/** Puts back what a killed restore in place had set aside, and says so. Throws `usage` when there is none. */
export async function undoInPlace(context: AppContext, component: PostgresComponent): Promise<string> {
  const what = await resolveInPlace(context, component, { isAsked: true })
  if (what !== undefined) return what
  throw new HoldfastError('usage', `no restore in place of ${component.name} is unfinished`, {
    hint: 'one that succeeded told where the old data lies; what to do with it is in your hands',
  })
}
