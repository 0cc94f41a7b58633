import { resolve } from 'node:path'
import { shellWord } from '../../places/command-text.ts'
import type { GlobalOptions } from '../options.ts'
import { unprintable, visible } from './terminal.ts'

/**
 * A command line to be copied from the terminal into a shell. Words with characters that a terminal would act upon are
 * written with `$'…'`, which bash, zsh and every POSIX shell of 2024 turn back into the very same word.
 */
export const shownCommand = (words: readonly string[]): string => words.map(shownWord).join(' ')

/** The same in as many lines as it needs, each but the last with the backslash by which a shell reads on. */
export function shownCommandLines(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words.map(shownWord)) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + word.length + 3 <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line} \\`))
}

/** A word of it. */
export const shownWord = (word: string): string => (visible(word) === word ? shellWord(word) : escapedWord(word))

function escapedWord(word: string): string {
  const text = word.replaceAll(/['\\]/g, String.raw`\$&`).replace(unprintable, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `$'${text}'`
}

/** The words of a command of holdfast, for the configuration that this one was called with. */
export const withConfiguration = (words: readonly string[], { config }: GlobalOptions): readonly string[] =>
  config === undefined ? words : [...words, '--config', resolve(config)]
