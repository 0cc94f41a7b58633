import { systemClock } from '../domain/clock.ts'
import { exitCodes } from '../domain/exit-codes.ts'
import { duration } from '../domain/duration.ts'
import { stoppedBy } from '../domain/stop.ts'

let stop: AbortController | undefined

/** A second Ctrl-C so soon is the same one; and it takes a moment to read that something is being put back. */
const sameWish = duration(2, 's')

/**
 * Aborts on the first Ctrl-C, TERM or hang-up. A later Ctrl-C doesn't wait for what is being ended and put back; another hang-up or
 * TERM does, because one closed terminal sends several. One for the whole process.
 */
export function stopSignal(): AbortSignal {
  if (stop !== undefined) return stop.signal
  const controller = new AbortController()
  stop = controller
  let stoppedAt = systemClock.now()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        stoppedAt = systemClock.now()
        controller.abort(stoppedBy(name))
      } else if (name === 'SIGINT' && systemClock.now() - stoppedAt > sameWish) {
        process.exit(exitCodes.interrupted)
      }
    })
  }
  return controller.signal
}
