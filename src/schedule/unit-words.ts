import type { Firing } from '../domain/job.ts'

/** The grammar of unit files (systemd.syntax(7), systemd.service(5)): what has a meaning of its own is written otherwise. */

const escapes: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

/** A word of a list of words, such as one of ReadWritePaths=. */
export function unitWord(word: string): string {
  const text = word.replaceAll('%', '%%')
  if (/^[\w%@+=:,./-]+$/.test(text)) return text
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll(/[\n\r\t]/g, (character) => escapes[character] as string)}"`
}

/** An argument of a command: only there `$` names a variable. */
export const argumentWord = (word: string): string => unitWord(word.replaceAll('$', '$$$$'))

/** A command for ExecStart=. */
export const commandLine = ([program = '', ...words]: readonly string[]): string =>
  [unitWord(program), ...words.map(argumentWord)].join(' ')

/** A length of time, to the second: systemd reads a bare number as seconds. */
export const timeSpan = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)}s`

/** The part of unit names that stands for a site. Two sites may share it; the first line of each unit tells them apart. */
export const siteWord = (site: string): string => site.replaceAll('/', '-')

const days = { daily: '*-*-*', weekly: 'Mon *-*-*', monthly: '*-*-01' } as const

/** An expression for OnCalendar=. */
export function calendarExpression({ rhythm, minuteOfDay, timeZone }: Extract<Firing, { kind: 'calendar' }>): string {
  const [hour, minute] = [Math.floor(minuteOfDay / 60), minuteOfDay % 60].map((part) => String(part).padStart(2, '0'))
  return `${days[rhythm]} ${hour}:${minute}:00 ${timeZone}`
}
