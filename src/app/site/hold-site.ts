import { withSiteLock } from '../../places/site-lock.ts'
import { lockFileOf, type AppContext } from './context.ts'

/** Runs something under the lock of the site, and gives up at once when somebody else holds it. Throws `locked`, naming the holder. */
export const holdSite = <Result>(
  context: Pick<AppContext, 'place' | 'clock' | 'signal' | 'stateDirectory'>,
  verb: string,
  work: () => Promise<Result>,
): Promise<Result> => {
  const { place, clock, signal } = context
  return withSiteLock({ place, clock, signal, file: lockFileOf(context), verb, waitMs: 0, onWait: () => undefined }, work)
}
