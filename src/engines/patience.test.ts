import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { duration } from '../domain/duration.ts'
import { Patience } from './patience.ts'

describe('patience', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const limit = duration(3, 'm')
  const patient = () => new Patience(limit, new AbortController().signal)

  test('ends after a storage was silent for as long as the site is willing to wait, with its last words', () => {
    const patience = patient()
    patience.expectProgress()
    patience.requestFailed('dial tcp: connection refused')
    vi.advanceTimersByTime(limit - 1)
    expect(patience.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(patience.signal.reason).toMatchObject({
      code: 'storage-unreachable',
      message: 'the storage has not answered for 3m',
      detail: 'dial tcp: connection refused',
    })
  })

  test('counts from the first of several failures, not anew with each', () => {
    const patience = patient()
    patience.expectProgress()
    patience.requestFailed('the first')
    vi.advanceTimersByTime(limit - 1)
    patience.requestFailed('the second')
    vi.advanceTimersByTime(1)
    expect(patience.signal.aborted).toBe(true)
  })

  test('begins anew when data has moved in between', () => {
    const patience = patient()
    patience.expectProgress()
    patience.requestFailed('the first')
    vi.advanceTimersByTime(limit - 1)
    patience.hear({ doneBytes: 1 })
    patience.requestFailed('the second')
    patience.hear({ doneBytes: 1 })
    vi.advanceTimersByTime(limit - 1)
    expect(patience.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(patience.signal.reason).toMatchObject({ detail: 'the second' })
  })

  test('is not spent by a failure of which the engine says that it was over soon', () => {
    const patience = patient()
    patience.requestFailed('503')
    patience.storageAnswered()
    vi.advanceTimersByTime(limit)
    expect(patience.signal.aborted).toBe(false)
  })

  test('of an engine that tells no progress ends while it goes on failing, and not for a failure that none has followed', () => {
    const patience = patient()
    patience.requestFailed('503')
    vi.advanceTimersByTime(duration(1, 'h'))
    for (let minutes = 0; minutes < 2; minutes += 1) {
      patience.requestFailed('503')
      vi.advanceTimersByTime(duration(1, 'm'))
    }
    expect(patience.signal.aborted).toBe(false)
    patience.requestFailed('503')
    vi.advanceTimersByTime(duration(1, 'm'))
    expect(patience.signal.reason).toMatchObject({ code: 'storage-unreachable' })
  })

  test('ends when an engine that should tell how far it has come never begins to, but not while it may be reading', () => {
    const patience = patient()
    patience.expectProgress()
    vi.advanceTimersByTime(duration(15, 'm') - 1)
    expect(patience.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(patience.signal.reason).toMatchObject({
      code: 'engine-stalled',
      message: 'the engine has said nothing for 15m and was stopped',
    })
  })

  test('does not take an engine that only repeats its numbers for one whose storage answers', () => {
    const patience = patient()
    patience.hear({ doneBytes: 5, doneFiles: 1 })
    patience.requestFailed('dial tcp: connection refused')
    for (let minute = 0; minute < 3; minute += 1) {
      vi.advanceTimersByTime(duration(1, 'm'))
      patience.hear({ doneBytes: 5, doneFiles: 1 })
    }
    expect(patience.signal.reason).toMatchObject({ code: 'storage-unreachable' })
  })

  test('ends an engine that told how far it was and then fell silent', () => {
    const patience = patient()
    patience.hear({ doneBytes: 5 })
    vi.advanceTimersByTime(limit)
    expect(patience.signal.reason).toMatchObject({ code: 'engine-stalled' })
  })

  test('never ends while nothing fails', () => {
    const patience = patient()
    vi.advanceTimersByTime(1000 * limit)
    expect(patience.signal.aborted).toBe(false)
  })

  test('of months is not over at once, as Node’s timers would have it', () => {
    const patience = new Patience(duration(60, 'd'), new AbortController().signal)
    patience.requestFailed('the first')
    patience.hear({ doneBytes: 0 })
    vi.advanceTimersByTime(duration(1, 'd'))
    expect(patience.signal.aborted).toBe(false)
    patience.end()
  })

  test('leaves no timer behind that would keep a process alive', () => {
    const patience = patient()
    patience.requestFailed('the first')
    patience.hear({ doneBytes: 1 })
    patience.end()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends with the run that it belongs to', () => {
    const run = new AbortController()
    const patience = new Patience(limit, run.signal)
    const reason = new Error('stopped by SIGTERM')
    run.abort(reason)
    expect(patience.signal.reason).toBe(reason)
  })
})
