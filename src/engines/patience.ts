import { longestTimerMs } from '../domain/clock.ts'
import { HoldfastError } from '../domain/errors.ts'
import { duration, formatDuration, type Duration } from '../domain/duration.ts'
import type { Progress } from '../domain/events.ts'

/** restic waits up to 90 seconds between two attempts, and up to half a minute for a connection. */
const longestBackOff = duration(2, 'm')

/** The index of a large repository, over a slow network. */
const firstWords = duration(15, 'm')

/**
 * Engines repeat failed requests for a quarter of an hour without a word to anybody who watches exit codes, and now and
 * then one stops for ever (restic 0.18.0 was seen to, on a full disk). This ends one whose storage, or which itself, has
 * been silent for as long as the site is willing to wait.
 */
export class Patience {
  readonly signal: AbortSignal
  private readonly controller = new AbortController()
  private readonly limit: Duration
  private storageTimer: NodeJS.Timeout | undefined
  private quietTimer: NodeJS.Timeout | undefined
  private tellsProgress = false
  private engineTimer: NodeJS.Timeout | undefined
  private doneBytes = 0
  private doneFiles = 0

  constructor(limit: Duration, outer: AbortSignal) {
    this.limit = limit
    this.signal = AbortSignal.any([outer, this.controller.signal])
  }

  /**
   * A request failed and is going to be repeated. Of an engine that doesn't tell how far it has come, nobody hears that it got through:
   * no further failure has to do.
   */
  requestFailed(cause: string): void {
    clearTimeout(this.quietTimer)
    if (!this.tellsProgress) this.quietTimer = setTimeout(() => this.storageAnswered(), longestBackOff)
    this.storageTimer ??= setTimeout(
      () => {
        this.controller.abort(
          new HoldfastError('storage-unreachable', `the storage has not answered for ${formatDuration(this.limit)}`, {
            hint: 'check the network and the endpoint; patience: in holdfast.yaml says how long to wait',
            detail: cause,
          }),
        )
      },
      Math.min(this.limit, longestTimerMs),
    )
  }

  /**
   * The engine told how far it has come. From the first time on it is expected to go on telling; and where its numbers
   * have moved, its storage answers.
   */
  hear({ doneBytes = 0, doneFiles = 0 }: Progress): void {
    if (doneBytes > this.doneBytes || doneFiles > this.doneFiles) this.storageAnswered()
    this.doneBytes = Math.max(this.doneBytes, doneBytes)
    this.doneFiles = Math.max(this.doneFiles, doneFiles)
    this.expectWordsWithin(this.limit)
  }

  /** The engine is one that tells how far it has come. Before it begins to, it may have much to read. */
  expectProgress(): void {
    this.expectWordsWithin(Math.max(firstWords, this.limit) as Duration)
  }

  private expectWordsWithin(limit: Duration): void {
    this.tellsProgress = true
    clearTimeout(this.quietTimer)
    clearTimeout(this.engineTimer)
    this.engineTimer = setTimeout(
      () => {
        this.controller.abort(
          new HoldfastError('engine-stalled', `the engine has said nothing for ${formatDuration(limit)} and was stopped`, {
            hint: 'is the disk full, does a network file system hang? The run can simply be repeated',
          }),
        )
      },
      Math.min(limit, longestTimerMs),
    )
  }

  /** The engine's work is over. */
  end(): void {
    this.storageAnswered()
    clearTimeout(this.engineTimer)
  }

  /** A request that had failed got through. */
  storageAnswered(): void {
    clearTimeout(this.quietTimer)
    clearTimeout(this.storageTimer)
    this.storageTimer = undefined
  }
}
