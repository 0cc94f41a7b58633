import type { Key as PressedKey } from 'node:readline'
import { HoldfastError } from '../../domain/errors.ts'
import { openKeyboard, type Keyboard } from '../output/keyboard.ts'
import type { Outlet } from '../output/outlet.ts'
import { cutRight } from '../output/terminal.ts'
import type { Key, Screen } from './screen.ts'

/** What Escape leads to. */
export const back = Symbol('back')

/** Around a list: the question, blank lines, what was ticked. */
const linesAround = 8

/**
 * Shows a screen on the terminal until it has its answer, and clears it away then. Escape gives `back`; Ctrl-C throws
 * `interrupted`.
 *
 * @param above lines that stand over the screen while it is there
 */
export async function askScreen<State, Answer>(
  { begin, lines, keys, press }: Screen<State, Answer>,
  above: readonly string[],
  signal: AbortSignal,
  outlet: Outlet,
): Promise<Answer | typeof back> {
  const { paint } = outlet.errors.terminal
  let state = begin
  const draw = ({ size, draw: drawLines }: Keyboard) => {
    const { columns, rows } = size()
    const below = ['', ...footer(keys, columns).map((line) => paint('dim', line))]
    const height = Math.max(4, rows - above.length - below.length - 1)
    const frame = [...above, ...lines(state, { columns, height, rows: Math.max(3, height - linesAround) }, paint), ...below]
    // Whatever is too high would scroll away, and could not be cleared.
    const fitting = frame.slice(-(rows - 1)).map((line) => cutRight(line, columns))
    drawLines(fitting)
  }
  let keyboard: Keyboard | undefined
  let stopped: (() => void) | undefined
  try {
    return await new Promise<Answer | typeof back>((resolve, reject) => {
      const leave = () => reject(new HoldfastError('interrupted', 'left; nothing was restored'))
      stopped = leave
      signal.addEventListener('abort', leave, { once: true })
      const pressed = (text: string | undefined, key: PressedKey) => {
        if (key.ctrl && (key.name === 'c' || key.name === 'd')) return leave()
        if (key.name === 'escape') return resolve(back)
        const next = press(state, keyOf(text, key))
        if ('answer' in next) return resolve(next.answer)
        state = next.state
        if (keyboard !== undefined) draw(keyboard)
      }
      const opened = openKeyboard(outlet, pressed, () => draw(opened))
      keyboard = opened
      draw(opened)
    })
  } finally {
    if (stopped !== undefined) signal.removeEventListener('abort', stopped)
    keyboard?.close()
  }
}

function keyOf(text: string | undefined, { name, ctrl, meta }: PressedKey): Key {
  if (ctrl && name === 'u') return { name: 'clear' }
  if (ctrl && name === 'a') return { name: 'home' }
  if (ctrl && name === 'e') return { name: 'end' }
  if (name === 'enter') return { name: 'return' }
  // oxlint-disable-next-line no-control-regex -- what writes nothing
  const writes = text !== undefined && !ctrl && !meta && !/[\u0000-\u001f\u007f]/.test(text)
  return { name: name ?? 'text', ...(writes ? { text } : {}) }
}

/** The keys in as many lines as they need. */
function footer(keys: string, columns: number): string[] {
  const rows: string[] = []
  for (const part of `${keys} · Esc back · Ctrl-C leaves`.split(' · ')) {
    const row = rows.at(-1)
    if (row !== undefined && row.length + part.length + 3 <= columns) rows[rows.length - 1] = `${row} · ${part}`
    else rows.push(part)
  }
  return rows
}
