import { withSiteLock } from '../../places/site-lock.ts'
import { lockFileOf, type AppContext } from './context.ts'

type LockContext = Pick<AppContext, 'place' | 'clock' | 'signal'>

/** Runs something under the lock of a file, and gives up at once when somebody else holds it. Throws `locked`, naming the holder. */
export const holdFile = <Result>(
  { place, clock, signal }: LockContext,
  file: string,
  verb: string,
  work: () => Promise<Result>,
): Promise<Result> => withSiteLock({ place, clock, signal, file, verb, waitMs: 0, onWait: () => undefined }, work)

/** The same under the lock of the site. */
export const holdSite = <Result>(
  context: LockContext & Pick<AppContext, 'stateDirectory'>,
  verb: string,
  work: () => Promise<Result>,
): Promise<Result> => holdFile(context, lockFileOf(context), verb, work)
