import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instant, type Instant } from '../domain/clock.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Finding, Findings } from '../domain/finding.ts'
import { followIncidents, type Incident } from './incidents.ts'

const began = instant(Date.UTC(2026, 0, 26, 3))
const minute = 60_000
const later = (minutes: number): Instant => instant(began + minutes * minute)

const finding = (subject: string, at: Instant, code: ErrorCode = 'source-missing'): Finding => ({
  subject,
  component: 'logs',
  since: at,
  error: { code, message: 'words' },
})
const look = (found: readonly Finding[], ...looked: string[]): Findings => ({ looked, found })
const subjectsOf = (incidents: readonly Incident[]): string[] => incidents.map(({ subject }) => subject)

describe('a failure', () => {
  it('is news once, however often it is found, and over once', () => {
    let open: readonly Incident[] = []
    const news: string[] = []
    for (let minutes = 0; minutes < 600; minutes += 5) {
      const next = followIncidents(open, look([finding('watch/logs/age', later(minutes))], 'watch/'), later(minutes))
      news.push(...subjectsOf([...next.begun, ...next.reminded, ...next.over]))
      open = next.open
    }
    expect(news).toEqual(['watch/logs/age'])
    expect(open).toMatchObject([{ count: 120, since: began }])
    const after = followIncidents(open, look([], 'watch/'), later(600))
    expect(subjectsOf(after.over)).toEqual(['watch/logs/age'])
    expect(after.open).toEqual([])
  })

  it('is remembered once a day as long as it lasts, also by a daily run that is early', () => {
    let open: readonly Incident[] = []
    const reminded: number[] = []
    for (const day of [0, 1, 2, 3]) {
      const at = later(day * 1440 - day * 7)
      const next = followIncidents(open, look([finding('run/logs', at)], 'run/logs'), at)
      reminded.push(next.reminded.length)
      open = next.open
    }
    expect(reminded).toEqual([0, 1, 1, 1])
  })

  it('is news again when it fails in a way that is new, and not when it goes back and forth', () => {
    const codes: ErrorCode[] = ['source-missing', 'storage-full', 'source-missing', 'storage-full']
    let open: readonly Incident[] = []
    const begun = codes.map((code, index) => {
      const next = followIncidents(open, look([finding('run/logs', later(index), code)]), later(index))
      open = next.open
      return next.begun.length
    })
    expect(begun).toEqual([1, 1, 0, 0])
    expect(open).toHaveLength(1)
  })

  it('is closed by whoever looked at it, and by nobody else', () => {
    const { open } = followIncidents([], look([finding('run/logs', began), finding('watch/logs/age', began)]), began)
    const next = followIncidents(open, look([], 'run/logs', 'watch/log'), later(5))
    expect(subjectsOf(next.over)).toEqual(['run/logs'])
    expect(subjectsOf(next.open)).toEqual(['watch/logs/age'])
  })

  it('is told although the clock was set back since', () => {
    const { open } = followIncidents([], look([finding('run/logs', later(100_000))]), later(100_000))
    expect(followIncidents(open, look([finding('run/logs', began)]), began).reminded).toHaveLength(1)
  })
})

it('never loses or doubles a finding, and never closes what was not looked at', () => {
  const subject = fc.constantFrom<string>('run/a', 'run/b', 'watch/a/x', 'watch/b', 'unit/c')
  const step = fc.record({
    minutes: fc.nat(3000),
    found: fc.uniqueArray(subject),
    looked: fc.subarray(['run/a', 'run/b', 'watch/', 'unit/']),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let open: readonly Incident[] = []
      let now = began
      for (const { minutes, found, looked } of steps) {
        now = instant(now + minutes * minute)
        const before = new Set(subjectsOf(open))
        const next = followIncidents(
          open,
          look(
            found.map((one) => finding(one, now)),
            ...looked,
          ),
          now,
        )
        const after = subjectsOf(next.open)
        expect(new Set(after).size).toBe(after.length)
        for (const one of found) expect(after).toContain(one)
        expect(subjectsOf(next.begun)).toEqual(expect.arrayContaining(found.filter((one) => !before.has(one))))
        for (const one of before) {
          const isOver = !found.includes(one) && looked.some((beginning) => one.startsWith(beginning))
          expect(after.includes(one)).toBe(!isOver)
          expect(subjectsOf(next.over).includes(one)).toBe(isOver)
        }
        open = next.open
      }
    }),
  )
})
