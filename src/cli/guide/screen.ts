import type { Terminal } from '../output/terminal.ts'

/** A key as a screen understands it: a name such as `up`, or the text that was typed. */
export interface Key {
  readonly name: string
  /** What it would write; absent for keys that write nothing. */
  readonly text?: string
}

export interface ScreenSize {
  readonly columns: number
  /** Lines that a list may take. */
  readonly rows: number
  /** Lines that there are for all. */
  readonly height: number
}

/** What a key leads to: the screen as it is then, or the answer. */
export type Pressed<State, Answer> = { readonly state: State } | { readonly answer: Answer }

/**
 * One question. Pure: the state that it begins with, what is seen of a state, and what a key makes of it. Escape and Ctrl-C
 * never reach it.
 */
export interface Screen<State, Answer> {
  readonly begin: State
  readonly lines: (state: State, size: ScreenSize, paint: Terminal['paint']) => readonly string[]
  /** What the keys do, for the last line. */
  readonly keys: string
  readonly press: (state: State, key: Key) => Pressed<State, Answer>
}

/** The part of a list that fits, with the chosen one in it. */
export function shownPart(length: number, chosen: number, rows: number): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(chosen - Math.floor(rows / 2), length - rows))
  return { from, to: Math.min(length, from + rows) }
}

/** A text in lines of at most so many columns, broken between words where it can be. */
export function folded(text: string, columns: number): string[] {
  const width = Math.max(8, columns)
  const lines: string[] = []
  for (let word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`
      continue
    }
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width))
    lines.push(word)
  }
  return lines
}
