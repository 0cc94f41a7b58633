import type { Instant } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import type { RecoveryWindow } from '../domain/restore-point.ts'
import { formatLocalStamp, offsetAt, offsetText } from './local-time.ts'

/** The window that holds an instant. Throws `target-time`, naming the windows, when none does. */
export function windowFor(at: Instant, windows: readonly RecoveryWindow[], now: Instant, timeZone: string): RecoveryWindow {
  const found = windows.findLast((window) => window.from <= at && at <= window.to)
  // What was archived after the last transaction that is seen in a window may hold nothing more, or more: recovery will tell.
  const likely = windows.findLast((window) => !window.brokenAfter && window.from <= at && at <= window.archivedAt)
  if (found ?? likely) return (found ?? likely) as RecoveryWindow
  const wanted = `${formatLocalStamp(at, timeZone)} ${offsetText(offsetAt(at, timeZone))}`
  const first = windows[0]
  const last = windows.at(-1)
  if (first === undefined || last === undefined) {
    throw new HoldfastError('target-time', `${wanted} cannot be restored: there is no recovery window yet`, {
      hint: 'the first backup opens one: holdfast backup',
    })
  }
  const reason =
    at > now
      ? 'it lies in the future'
      : at > last.to && !last.brokenAfter
        ? 'its WAL has not been archived'
        : at < first.from
          ? 'it lies before the first backup'
          : 'WAL is missing there'
  throw new HoldfastError('target-time', `${wanted} cannot be restored: ${reason}`, {
    hint: `any second can be, from ${windows.map((window) => `${formatLocalStamp(window.from, timeZone)} to ${formatLocalStamp(window.to, timeZone)}`).join(', and from ')} (${timeZone})`,
  })
}
