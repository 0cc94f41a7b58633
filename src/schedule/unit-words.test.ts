import { describe, expect, it } from 'vitest'
import { calendarExpression, commandLine, siteWord, timeSpan, unitWord } from './unit-words.ts'

describe('a word of a unit', () => {
  it.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/srv/100%', '/srv/100%%'],
    ['/srv/back up', '"/srv/back up"'],
    ['/srv/"so"', String.raw`"/srv/\"so\""`],
    [String.raw`/srv/a\b`, String.raw`"/srv/a\\b"`],
    ['/srv/a\nExecStart=/bin/sh', String.raw`"/srv/a\nExecStart=/bin/sh"`],
    ['', '""'],
  ])('%j is written as %s', (word, written) => {
    expect(unitWord(word)).toBe(written)
  })
})

describe('a command', () => {
  it('names no variable in its arguments; in the path of its program there are none', () => {
    expect(commandLine(['/opt/$HOME/node', '--config', '/etc/$HOME'])).toBe('"/opt/$HOME/node" --config "/etc/$$HOME"')
  })
})

describe('a time', () => {
  it.each([
    ['daily', '*-*-* 03:05:00 Australia/Perth'],
    ['weekly', 'Mon *-*-* 03:05:00 Australia/Perth'],
    ['monthly', '*-*-01 03:05:00 Australia/Perth'],
  ] as const)('of a %s job is %s', (rhythm, expression) => {
    expect(calendarExpression({ kind: 'calendar', rhythm, minuteOfDay: 185, timeZone: 'Australia/Perth' })).toBe(expression)
  })

  it('is never shorter than it should be', () => {
    expect(timeSpan(1500)).toBe('2s')
  })
})

it('a site in a group is one word', () => {
  expect(siteWord('do-droplet/api')).toBe('do-droplet-api')
})
