import { padded, visible, widthOf } from '../output/terminal.ts'
import { shownPart, type Key, type Screen } from './screen.ts'

export interface Choice<Value> {
  readonly label: string
  readonly note?: string
  readonly value: Value
}

/** One of several, chosen with the arrow keys. */
export function choiceScreen<Value>(question: string, choices: readonly Choice<Value>[], begin = 0): Screen<number, Value> {
  const width = Math.max(...choices.map(({ label }) => widthOf(visible(label))))
  return {
    begin,
    keys: '↑↓ choose · Enter takes it',
    lines: (chosen, { rows }, paint) => {
      const { from, to } = shownPart(choices.length, chosen, rows)
      const shown = choices.slice(from, to).map(({ label, note }, index) => {
        const text = `${padded(visible(label), width)}${note === undefined ? '' : `  ${visible(note)}`}`.trimEnd()
        return from + index === chosen ? paint('bold', `› ${text}`) : `  ${text}`
      })
      return [paint('bold', question), '', ...shown, ...restLines(choices.length - to)]
    },
    press: (chosen, key) => {
      if (key.name !== 'return') return { state: movedIn(choices.length, chosen, key) }
      const choice = choices[chosen]
      return choice === undefined ? { state: chosen } : { answer: choice.value }
    },
  }
}

/** Which one of a list a key leads to. */
export function movedIn(length: number, chosen: number, { name }: Key): number {
  const page = 10
  const steps: Readonly<Record<string, number>> = { up: -1, down: 1, pageup: -page, pagedown: page, home: -length, end: length }
  return Math.max(0, Math.min(length - 1, chosen + (steps[name] ?? 0)))
}

export const restLines = (below: number): string[] => (below > 0 ? [`  … ${below} more below`] : [])
