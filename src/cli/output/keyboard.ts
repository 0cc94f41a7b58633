import { emitKeypressEvents, type Key } from 'node:readline'
import type { Outlet } from './outlet.ts'

/** What asks key by key: the terminal that it is drawn on, and the keys. */
export interface Keyboard {
  /** A terminal that doesn't know its size says nothing, or zero. */
  readonly size: () => { readonly columns: number; readonly rows: number }
  /** Draws lines, none longer than the terminal is wide, in the place of those drawn before. */
  readonly draw: (lines: readonly string[]) => void
  /** Clears the lines, and gives terminal and keys back. */
  readonly close: () => void
}

/** Takes the terminal over until it is closed: keys come one by one and are not shown, nor is the cursor. */
export function openKeyboard(
  { stdin, errors }: Outlet,
  pressed: (text: string | undefined, key: Key) => void,
  resized: () => void,
): Keyboard {
  const { stream } = errors
  let rows = 0
  const draw = (lines: readonly string[]) => {
    errors.draw(rows > 0 ? `\x1b[${rows}A\r\x1b[J` : '\r\x1b[J', lines)
    rows = lines.length
  }
  emitKeypressEvents(stdin, { escapeCodeTimeout: 50 } as never)
  stdin.setRawMode(true)
  stdin.resume()
  stdin.on('keypress', pressed)
  stream.on('resize', resized)
  errors.draw('\x1b[?25l', [])
  return {
    size: () => ({ columns: stream.columns || 80, rows: stream.rows || 24 }),
    draw,
    close: () => {
      stdin.off('keypress', pressed)
      stream.off('resize', resized)
      draw([])
      errors.draw('\x1b[?25h', [])
      stdin.setRawMode(false)
      stdin.pause()
    },
  }
}
