import { Writable } from 'node:stream'
import { createInterface } from 'node:readline/promises'
import type { Outlet } from './outlet.ts'

/** Asks on the terminal; without one there is nobody to answer, which counts as an empty answer. */
export async function ask({ stdin, errors }: Outlet, question: string): Promise<string> {
  if (!stdin.isTTY) return ''
  const lines = createInterface({ input: stdin, output: errors.stream })
  try {
    return (await lines.question(errors.rendered(question))).trim()
  } finally {
    lines.close()
  }
}

/** Asks for a secret: what is typed is not shown. */
export async function askSecret({ stdin, errors }: Outlet, question: string): Promise<string> {
  if (!stdin.isTTY) return ''
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: silent, terminal: true })
  errors.draw('', [], question)
  try {
    return (await lines.question('')).trim()
  } finally {
    lines.close()
    errors.print([''])
  }
}
