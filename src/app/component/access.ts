import { commandOf } from '../../domain/command.ts'
import { duration } from '../../domain/duration.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { AppContext } from '../site/context.ts'

const tests = { read: '-r', enter: '-x' } as const

/**
 * Asks whether a user gets to a path, as that user: what the kernel answers is the truth about every folder above. Throws
 * `no-access` with the remedy when it doesn't.
 *
 * @param user undefined for ourselves
 */
export async function requireAccess(
  context: Pick<AppContext, 'place' | 'signal'>,
  action: keyof typeof tests,
  path: string,
  user: string | undefined,
  remedy: string,
): Promise<void> {
  const command = commandOf('test', [tests[action], path])
  const asUser = user === undefined ? command : { ...command, user }
  const { exitCode } = await context.place.run(asUser, { signal: context.signal, deadlineMs: duration(1, 'm') })
  if (exitCode === 0) return
  throw new HoldfastError('no-access', `${user ?? 'this user'} cannot ${action} ${path}`, { hint: remedy })
}
