import { Writable } from 'node:stream'
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

/** Asks for a secret: what is typed is not shown. */
export async function askSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return ''
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  process.stderr.write(question)
  try {
    return (await lines.question('')).trim()
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

/** A yes or no; an empty answer is the suggestion. Without a terminal it is no, whatever is suggested. */
export async function confirm(question: string, suggestion: boolean): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const given = await ask(`${question} [${suggestion ? 'Y/n' : 'y/N'}] `)
  return given === '' ? suggestion : /^y(es)?$/i.test(given)
}

/** A confirmation that can't be given by habit: the word itself has to be typed. */
export async function askToType(word: string, consequence: string): Promise<boolean> {
  return (await ask(`${consequence}\ntype ${word} to go on: `)) === word
}
