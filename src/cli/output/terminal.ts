/** What an output can do. Colour is never the only sign: a mark always says the same. */
export interface Terminal {
  readonly interactive: boolean
  readonly columns: number
  /** A text that will have a colour when it is printed. */
  readonly paint: (style: 'good' | 'bad' | 'warn' | 'dim' | 'bold', text: string) => string
}

/** The codes that begin and end a style, of which only the console makes colours. */
const styles = { good: [32, 39], bad: [31, 39], warn: [33, 39], dim: [2, 22], bold: [1, 22] } as const

/**
 * Stands for a colour until a line is printed. A text from outside can't hold it, because it is drawn by lot for each process:
 * so all that a line holds of control characters can be escaped, and our colours are told from those of a file's name.
 */
const mark = `\0${Math.random().toString(36).slice(2)}`
const marks = new RegExp(`${mark}(\\d+)m`, 'g')
const markOf = (code: number): string => `${mark}${code}m`

export function terminalOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Terminal {
  const interactive = stream.isTTY && environment['TERM'] !== 'dumb'
  const forced = environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '0'
  const hasColour = (interactive || forced) && environment['NO_COLOR'] === undefined
  return {
    interactive,
    columns: stream.columns ?? 100,
    paint: (style, text) => (hasColour && text !== '' ? markOf(styles[style][0]) + text + markOf(styles[style][1]) : text),
  }
}

// oxlint-disable-next-line no-control-regex -- control characters are what this is about
export const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/**
 * A text made safe to print: control characters, ends of lines and turns of direction become visible. What was painted stays so.
 * The console does this to every line; who measures or cuts a text does it before.
 */
export function visible(text: string): string {
  if (!text.includes(mark)) return text.replace(unprintable, escaped)
  const pieces = text.split(marks)
  return pieces.map((piece, index) => (index % 2 === 0 ? piece.replace(unprintable, escaped) : markOf(Number(piece)))).join('')
}

function escaped(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  const code = character.charCodeAt(0).toString(16)
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
}

/** A visible text with its colours, as a terminal takes it. */
export const coloured = (text: string): string => (text.includes(mark) ? text.replace(marks, '\u001b[$1m') : text)

// oxlint-disable-next-line typescript/no-misused-spread -- near enough for a table; Intl.Segmenter costs 11 ms at every start
const charactersOf = (text: string): string[] => [...text]

/** Columns that a text takes; colours take none. */
export function widthOf(text: string): number {
  const plain = text.includes(mark) ? text.replace(marks, '') : text
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
  for (const [piece, code] of text.matchAll(new RegExp(`${mark}(\\d+)m|.`, 'gsu'))) {
    if (code === undefined && room <= 0) break
    if (code === undefined) room -= 1
    cut += piece
  }
  return `${cut}…${text.includes(mark) ? markOf(0) : ''}`
}

/** Rows as aligned columns, two spaces between them; the last column isn't padded. */
export function columns(cells: readonly (readonly string[])[], alignment: readonly ('left' | 'right')[] = []): string[] {
  const rows = cells.map((row) => row.map(visible))
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
  return texts.map(visible).flatMap((text) => {
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
