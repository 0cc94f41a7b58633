import { stripVTControlCharacters, styleText } from 'node:util'

/** What an output can do. Colour is never the only sign: a mark always says the same. */
export interface Terminal {
  readonly interactive: boolean
  readonly columns: number
  readonly paint: (style: 'good' | 'bad' | 'warn' | 'dim' | 'bold', text: string) => string
}

const styles = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', bold: 'bold' } as const

export function terminalOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Terminal {
  const interactive = stream.isTTY && environment['TERM'] !== 'dumb'
  const forced = environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '0'
  const coloured = (interactive || forced) && environment['NO_COLOR'] === undefined
  return {
    interactive,
    columns: stream.columns ?? 100,
    paint: (style, text) => (coloured && text !== '' ? styleText(styles[style], text, { validateStream: false }) : text),
  }
}

// oxlint-disable-next-line no-control-regex -- control characters are what this is about
export const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** A text from outside, such as a file name, made safe to print: control characters and turns of direction become visible. */
export function visible(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\t') return '\\t'
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`
  })
}

// oxlint-disable-next-line typescript/no-misused-spread -- near enough for a table; Intl.Segmenter costs 11 ms at every start
const charactersOf = (text: string): string[] => [...text]

/** Columns that a text takes; colours take none. To look for them costs 3 ms the first time, so only where there are some. */
export function widthOf(text: string): number {
  const plain = text.includes('\x1b') ? stripVTControlCharacters(text) : text
  // A table of a thousand points has thousands of cells, and hardly one with a character that is two units long.
  return /[\ud800-\udfff]/.test(plain) ? charactersOf(plain).length : plain.length
}

export function padded(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'left' ? text + gap : gap + text
}

/** Cuts a plain text to a width, keeping its end: of a path, the end tells more. */
export function cutLeft(text: string, width: number): string {
  const characters = charactersOf(text)
  if (characters.length <= width) return text
  return width <= 1 ? '' : `…${characters.slice(characters.length - width + 1).join('')}`
}

/** Cuts a text to a width, keeping its beginning; colours in it take no room, and end with it. */
export function cutRight(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let room = width - 1
  let cut = ''
  // oxlint-disable-next-line no-control-regex -- the codes of colours
  for (const [piece, code] of text.matchAll(/(\u001b\[[0-9;]*m)|./gsu)) {
    if (code === undefined && room <= 0) break
    if (code === undefined) room -= 1
    cut += piece
  }
  return `${cut}…${text.includes('\u001b') ? '\u001b[0m' : ''}`
}

/** Rows as aligned columns, two spaces between them; the last column isn't padded. */
export function columns(rows: readonly (readonly string[])[], alignment: readonly ('left' | 'right')[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  }
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const side = alignment[index] ?? 'left'
        return index === row.length - 1 && side === 'left' ? cell : padded(cell, widths[index] ?? 0, side)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** Plain texts broken between words to a width; a word that is longer than that stays whole. */
export function wrapped(texts: readonly string[], width: number): string[] {
  return texts.flatMap((text) => {
    const lines: string[] = []
    let line = ''
    for (const word of text.split(' ')) {
      if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line)
        line = word
      } else {
        line = line === '' ? word : `${line} ${word}`
      }
    }
    return [...lines, line]
  })
}
