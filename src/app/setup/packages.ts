import { commandOf } from '../../domain/command.ts'
import { HoldfastError } from '../../domain/errors.ts'
import { duration } from '../../domain/duration.ts'
import type { AppContext } from '../site/context.ts'

type Machine = Pick<AppContext, 'place' | 'signal'>

/** The commands that install packages of Debian. */
export const installCommands = (packages: readonly string[]): string[][] => [
  ['apt-get', 'update'],
  ['apt-get', 'install', '--yes', '--no-install-recommends', ...packages],
]

/** Installs packages of Debian. apt-get says itself when it isn't run by root. */
export async function installPackages({ place, signal }: Machine, packages: readonly string[], again: string): Promise<void> {
  for (const words of installCommands(packages)) {
    const [program = '', ...rest] = words
    const finished = await place.run(commandOf(program, rest, { environment: { DEBIAN_FRONTEND: 'noninteractive' } }), {
      signal,
      deadlineMs: duration(30, 'm'),
    })
    if (finished.exitCode === 0) continue
    throw new HoldfastError('engine-missing', `${words.join(' ')} failed with exit code ${finished.exitCode}`, {
      hint: `run it by hand, as root; then ${again} again`,
      detail: finished.stderr,
    })
  }
}
