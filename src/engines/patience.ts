import { HoldfastError } from '../domain/errors.ts'
import { formatDuration, type Duration } from '../domain/duration.ts'

/**
 * Engines repeat failed requests for a quarter of an hour without a word to anybody who watches exit codes. This ends one
 * that has heard nothing from its storage for as long as the site is willing to wait.
 */
export class Patience {
  readonly signal: AbortSignal
  private readonly controller = new AbortController()
  private readonly limit: Duration
  private timer: NodeJS.Timeout | undefined

  constructor(limit: Duration, outer: AbortSignal) {
    this.limit = limit
    this.signal = AbortSignal.any([outer, this.controller.signal])
  }

  /** A request failed and is going to be repeated. */
  requestFailed(cause: string): void {
    this.timer ??= setTimeout(() => {
      this.controller.abort(
        new HoldfastError('storage-unreachable', `the storage has not answered for ${formatDuration(this.limit)}`, {
          hint: 'check the network and the endpoint; patience: in holdfast.yaml says how long to wait',
          detail: cause,
        }),
      )
    }, this.limit)
  }

  /** Data has moved. */
  gotOn(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }
}
