import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { shellWord } from '../../src/places/command-text.ts'
import { until } from './processes.ts'

export const keys = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  enter: '\r',
  escape: '\u001b',
  interrupt: '\u0003',
}

/** A program on a terminal of its own. */
export interface PseudoTerminal {
  /** Waits until the program has shown a text since the last key, and gives back all that it has shown since then. */
  shows(text: string): Promise<string>
  press(...pressed: string[]): void
  /** Presses keys as soon as a question is shown. */
  answer(question: string, ...pressed: string[]): Promise<void>
  /** The exit code, and all that was ever shown. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly shown: string }>
  kill(): void
}

/** `script`, which is on every Debian, holds the other end of the terminal. */
export function onTerminal(words: readonly string[], environment: Readonly<Record<string, string>>): PseudoTerminal {
  const command = `stty columns 80 rows 24; exec ${words.map(shellWord).join(' ')}`
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    env: { ...environment, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let sinceKey = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    sinceKey += text
  })
  const ended = new Promise<{ exitCode: number | null; shown: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, shown: stripVTControlCharacters(shown) }))
  })
  const terminal: PseudoTerminal = {
    ended,
    shows: (text) =>
      until(() => {
        // Where a line is broken depends on how long the paths in it are.
        const plain = stripVTControlCharacters(sinceKey).replaceAll(/\s+/g, ' ')
        if (child.exitCode !== null && !plain.includes(text)) throw new Error(`it ended without showing ${text}:\n${plain}`)
        return plain.includes(text) && plain
      }),
    press(...pressed) {
      sinceKey = ''
      child.stdin.write(pressed.join(''))
    },
    async answer(question, ...pressed) {
      await terminal.shows(question)
      terminal.press(...pressed)
    },
    kill: () => void child.kill('SIGKILL'),
  }
  return terminal
}
