import type { Command } from '../domain/command.ts'

/** One word of a command line, quoted for a POSIX shell where it needs to be. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/** A command as root can run it by hand, wherever util-linux is. Secret variables are expected to be in the environment already. */
export function commandText(command: Command): string {
  const user = command.user === undefined ? [] : ['runuser', '-u', command.user, '--']
  const environment = Object.entries(command.environment).map(([name, value]) => `${name}=${shellWord(value)}`)
  const prefix = environment.length > 0 && user.length > 0 ? [...user, 'env', ...environment] : [...user, ...environment]
  return [...prefix, ...[command.program, ...command.arguments].map(shellWord)].join(' ')
}
