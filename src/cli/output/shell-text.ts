import { resolve } from 'node:path'
import { shellWord } from '../../places/command-text.ts'
import type { GlobalOptions } from '../options.ts'
import { unprintable, visible } from './terminal.ts'

/**
 * A command line to be copied from the terminal into a shell. Words with characters that a terminal would act upon are
 * written with `$'…'`, which bash, zsh and every POSIX shell of 2024 turn back into the very same word.
 */
export const shownCommand = (words: readonly string[]): string =>
  words.map((word) => (visible(word) === word ? shellWord(word) : escapedWord(word))).join(' ')

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
