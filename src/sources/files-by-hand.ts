import { dirname, sep } from 'node:path'
import type { Instruction } from '../domain/instruction.ts'
import { shellWord } from '../places/command-text.ts'

/**
 * Puts restored files where they were. What is there already is moved aside, never deleted; and they are copied, so that a
 * mount point is no obstacle and an interrupted attempt can be repeated.
 *
 * @param restored folder that holds them, each at the path that it had
 */
export function putBackByHand(restored: string, paths: readonly string[]): Instruction[] {
  const outermost = paths.filter((path) => !paths.some((other) => other !== path && path.startsWith(`${other}${sep}`)))
  return outermost.flatMap((path) => [
    {
      title: 'Move aside what is there',
      command: `test ! -e ${shellWord(path)} || mv -T ${shellWord(path)} ${shellWord(`${path}.before-restore`)}`,
      expect: 'nothing. Stop first what works with these files, a web server for instance.',
      otherwise:
        '`busy`: it is a mount point; move its content aside instead. `Directory not empty`: an earlier try left that name; move it elsewhere.',
    },
    {
      title: 'Put the files in their place',
      command: `mkdir -p ${shellWord(dirname(path))} && cp -aT ${shellWord(`${restored}${path}`)} ${shellWord(path)}`,
      expect:
        'nothing; names, owners, modes and times are those of the backup. Owners are numbers: where a user has another one on this machine, `chown` them.',
      otherwise: '`No space left`: with `mv -T` in place of `cp -aT` no second copy is made, where nothing is there yet.',
    },
  ])
}

/** Counts what was restored. */
export function countByHand(restored: string, known: string | undefined): Instruction {
  return {
    title: 'See what came back',
    command: `find ${shellWord(restored)} -type f | wc -l`,
    expect: `the number of files${known === undefined ? '' : `; ${known}`}.`,
    otherwise: '0, or far too few: the restore before this was interrupted; run it again.',
  }
}
