import { afterEach, expect, test, vi } from 'vitest'
import { timeZoneField } from './fields.ts'

afterEach(() => void vi.unstubAllEnvs())

test.each(['UTC', 'Australia/Perth', 'Asia/Kolkata', 'US/Pacific', 'Etc/GMT+8', 'America/Argentina/ComodRivadavia'])(
  '%s is a time zone, and stays as it was written',
  (zone) => {
    expect(timeZoneField.parse(zone)).toBe(zone)
  },
)

test.each([
  ['australia/perth', 'Australia/Perth', 480],
  ['EUROPE/BERLIN', 'Europe/Berlin', 60],
])('%s gets the capitals that the process’s own clock asks for', (written, zone, offsetMinutes) => {
  expect(timeZoneField.parse(written)).toBe(zone)
  vi.stubEnv('TZ', zone)
  expect(-new Date(Date.UTC(2026, 0, 26)).getTimezoneOffset()).toBe(offsetMinutes)
})

test('another name of a zone may become the first one, but never a zone that the clock does not know', () => {
  vi.stubEnv('TZ', timeZoneField.parse('asia/kolkata'))
  expect(-new Date(Date.UTC(2026, 0, 26)).getTimezoneOffset()).toBe(330)
})

test('the zone of the process stays as it was', () => {
  vi.stubEnv('TZ', 'America/New_York')
  timeZoneField.parse('Australia/Perth')
  timeZoneField.safeParse('Mars/Phobos')
  expect(process.env['TZ']).toBe('America/New_York')
  expect(new Date(Date.UTC(2026, 0, 26)).getTimezoneOffset()).toBe(300)
})
