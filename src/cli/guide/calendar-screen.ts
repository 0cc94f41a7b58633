import { periodText } from '../../policy/calendar.ts'
import { movedDay, weeksOf, type CalendarMove, type Day } from '../../policy/restore-days.ts'
import { folded, type Screen } from './screen.ts'

export interface CalendarState {
  readonly day: Day
  readonly complaint?: string
}

/** What a day offers: a mark for it in the calendar, and words for it below. */
export interface DayOffer {
  readonly mark: string
  readonly words: readonly string[]
}

const moves: Readonly<Record<string, CalendarMove>> = {
  left: 'day-back',
  right: 'day-on',
  up: 'week-back',
  down: 'week-on',
  pageup: 'month-back',
  pagedown: 'month-on',
  home: 'first',
  end: 'last',
}

/**
 * A day of a calendar on which there is something to restore; begins with the newest.
 *
 * @param offers by day, oldest first; at least one
 * @param legend what the marks mean
 */
export function calendarScreen(
  question: string,
  offers: ReadonlyMap<Day, DayOffer>,
  legend: string,
  begin = [...offers.keys()].at(-1) ?? '',
): Screen<CalendarState, Day> {
  const days = [...offers.keys()].toSorted()
  const nearest = (day: Day): string => {
    const others = [days.findLast((other) => other < day), days.find((other) => other > day)]
    return `nothing of ${day}; nearest: ${others.filter((other) => other !== undefined).join(', ')}`
  }
  return {
    begin: { day: begin },
    keys: '←→ day · ↑↓ week · PgUp PgDn month · Enter takes it',
    lines: ({ day, complaint }, { columns }, paint) => {
      const [year = 0, month = 1] = day.split('-').map(Number)
      const weeks = weeksOf(day).map((week) =>
        week
          .map((cell) => {
            if (cell === undefined) return '     '
            const offer = offers.get(cell)
            const text = `${String(Number(cell.slice(8))).padStart(2)}${offer?.mark ?? ' '}`
            if (cell === day) return paint('bold', `[${text}]`)
            return offer === undefined ? paint('dim', ` ${text} `) : ` ${text} `
          })
          .join('')
          .trimEnd(),
      )
      return [
        paint('bold', question),
        '',
        periodText('month', year * 12 + month - 1),
        ' Mo   Tu   We   Th   Fr   Sa   Su',
        ...weeks,
        '',
        paint('dim', legend),
        '',
        ...(complaint === undefined
          ? (offers.get(day)?.words ?? [`${day}: nothing`])
          : folded(`! ${complaint}`, columns).map((line) => paint('warn', line))),
      ]
    },
    press: ({ day }, { name }) => {
      const move = moves[name]
      if (move !== undefined) return { state: { day: movedDay(day, move, days) } }
      if (name !== 'return') return { state: { day } }
      return offers.has(day) ? { answer: day } : { state: { day, complaint: nearest(day) } }
    },
  }
}
