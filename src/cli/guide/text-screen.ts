import { cutLeft, visible } from '../output/terminal.ts'
import { folded, type Key, type Screen } from './screen.ts'

export interface TextState {
  readonly value: string
  readonly cursor: number
  /** Why the value was not taken. */
  readonly complaint?: string
}

/**
 * A line that is typed.
 *
 * @param refusal what is wrong with a value; undefined when nothing is
 */
export function textScreen(
  question: string,
  notes: readonly string[],
  suggestion: string,
  refusal: (value: string) => string | undefined,
): Screen<TextState, string> {
  return {
    begin: { value: suggestion, cursor: suggestion.length },
    keys: 'Enter takes it · Ctrl-U clears it',
    lines: ({ value, cursor, complaint }, { columns }, paint) => [
      paint('bold', question),
      ...notes.map((note) => paint('dim', note)),
      '',
      // The end of a long line is what is being typed.
      `› ${cutLeft(visible(value.slice(0, cursor)), columns - 8)}▏${visible(value.slice(cursor))}`,
      ...(complaint === undefined ? [] : folded(`✗ ${visible(complaint)}`, columns).map((line) => paint('bad', line))),
    ],
    press: (state, key) => {
      if (key.name !== 'return') return { state: edited(state, key) }
      const value = state.value.trim()
      const complaint = refusal(value)
      return complaint === undefined ? { answer: value } : { state: { ...state, complaint } }
    },
  }
}

/** What a key makes of a line. Characters that take two units, such as emoji, are moved over and removed as one. */
export function edited({ value, cursor }: TextState, { name, text }: Key): TextState {
  const before = value.slice(0, cursor)
  const after = value.slice(cursor)
  const left = cursor - (/[\ud800-\udbff][\udc00-\udfff]$/.test(before) ? 2 : 1)
  const right = cursor + (/^[\ud800-\udbff][\udc00-\udfff]/.test(after) ? 2 : 1)
  switch (name) {
    case 'left':
      return { value, cursor: Math.max(0, left) }
    case 'right':
      return { value, cursor: Math.min(value.length, right) }
    case 'home':
      return { value, cursor: 0 }
    case 'end':
      return { value, cursor: value.length }
    case 'backspace':
      return cursor === 0 ? { value, cursor } : { value: value.slice(0, left) + after, cursor: left }
    case 'delete':
      return { value: before + value.slice(right), cursor }
    case 'clear':
      return { value: '', cursor: 0 }
    default:
      return text === undefined ? { value, cursor } : { value: before + text + after, cursor: cursor + text.length }
  }
}
