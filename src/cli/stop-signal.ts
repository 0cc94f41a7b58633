import { stoppedBy } from '../domain/stop.ts'

let stop: AbortController | undefined

/** Aborts on the first Ctrl-C, TERM or hang-up; a second one doesn't wait for the engines. One for the whole process. */
export function stopSignal(): AbortSignal {
  if (stop !== undefined) return stop.signal
  const controller = new AbortController()
  stop = controller
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(stoppedBy(name))
    })
  }
  return controller.signal
}
