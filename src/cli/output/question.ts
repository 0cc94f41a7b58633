import { createInterface } from 'node:readline/promises'

/** Asks on the terminal; without one there is nobody to answer, which counts as an empty answer. */
export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) return ''
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await lines.question(question)).trim()
  } finally {
    lines.close()
  }
}

export async function askYesNo(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `))
}

/** A confirmation that can't be given by habit: the word itself has to be typed. */
export async function askToType(word: string, consequence: string): Promise<boolean> {
  return (await ask(`${consequence}\ntype ${word} to go on: `)) === word
}
