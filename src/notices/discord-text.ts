import { wellFormed, type Line } from './words.ts'

/**
 * Any text as Discord shows it letter by letter: no markdown, no link, no mention, no time of its own. A backslash takes the
 * meaning from whatever punctuation follows it. Mentions of everybody have no such punctuation, and are broken by a
 * character without width.
 */
export function plainly(text: string): string {
  return (
    oneLine(text)
      .replaceAll(/[\\*_~`|[\]<>]/g, '\\$&')
      // What begins a heading, a list or small print, at the beginning of a line alone.
      .replace(/^(\s*)([-+#])/, '$1\\$2')
      .replace(/^(\s*\d+)([.)])/, '$1\\$2')
      // A link needs no more than its scheme.
      .replaceAll('://', '\\://')
      .replaceAll('@', '@\u200b')
  )
}

/** Text between backticks: nothing has a meaning there but a backtick. */
export const asCode = (text: string): string => `\`${oneLine(text).replaceAll('`', '’') || ' '}\``

export const discordLine = ({ text, command }: Line): string =>
  command === undefined ? plainly(text) : `${plainly(text)} ${asCode(command)}`

/** Control characters would end a line, and signs without a shape turn the direction of writing round; half a character is none. */
function oneLine(text: string): string {
  return wellFormed(text)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '')
    .trim()
}
