import type { Command } from '../domain/command.ts'

/**
 * A part of a word that is left to the reader of a command, who has put it into a variable of the shell. NUL marks it,
 * because no argument of a real command can hold that.
 */
export const blank = (variable: string): string => `\0${variable}\0`

const blanks = /\0(\w+)\0/

/** One word of a command line, quoted for a POSIX shell where it needs to be. */
export function shellWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word
  if (!blanks.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`
  return word
    .split(blanks)
    .map((part, index) => (index % 2 === 1 ? `"$${part}"` : part === '' ? '' : shellWord(part)))
    .join('')
}

/** A command as root can run it by hand, wherever util-linux is. Secret variables are expected to be in the environment already. */
export function commandText(command: Command, wordOf: (word: string) => string = shellWord): string {
  const user = command.user === undefined ? [] : ['runuser', '-u', command.user, '--']
  const environment = Object.entries(command.environment).map(([name, value]) => `${name}=${wordOf(value)}`)
  const prefix = environment.length > 0 && user.length > 0 ? [...user, 'env', ...environment] : [...user, ...environment]
  return [...prefix, ...[command.program, ...command.arguments].map(wordOf)].join(' ')
}

/** A command that reads a text; the shell fills in the blanks, so a secret gets into a file without being an argument. */
export function commandReading(command: string, text: string): string {
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  let end = 'END'
  while (lines.includes(end)) end += '_'
  if (!blanks.test(text)) return [`${command} <<'${end}'`, ...lines, end].join('\n')
  const filled = lines.map((line) =>
    line
      .split(blanks)
      .map((part, index) => (index % 2 === 1 ? `\${${part}}` : part.replaceAll(/[\\$`]/g, '\\$&')))
      .join(''),
  )
  return [`${command} <<${end}`, ...filled, end].join('\n')
}
