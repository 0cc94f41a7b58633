import { expect, test } from 'vitest'
import { instant, parseInstant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import { longestUnwatched, watchSilence } from './watch-silence.ts'

const now = parseInstant('2026-01-26T12:00:00Z')
const ago = (hours: number) => instant(now - duration(hours, 'h'))
const silence = (watchedAt: ReturnType<typeof ago> | undefined, uptimeHours: number) =>
  watchSilence(watchedAt, { now, uptimeMs: duration(uptimeHours, 'h') }, longestUnwatched)

test('a watch that has not looked for more than an hour is silent, and the hint says how to start it', () => {
  expect(silence(ago(3), 100)).toMatchObject({
    code: 'watch-silent',
    message: 'nobody has looked at what breaks between two runs for 3h',
    hint: expect.stringContaining('holdfast schedule apply') as string,
  })
  expect(silence(ago(1), 100)).toBeUndefined()
})

test('a machine that was off could not look', () => {
  expect(silence(ago(3), 0.5)).toBeUndefined()
  expect(silence(ago(3), 2)?.message).toContain('for 2h')
})

test('nobody is missed who never looked, or whose look is dated ahead', () => {
  expect(silence(undefined, 100)).toBeUndefined()
  expect(silence(ago(-5), 100)).toBeUndefined()
})
