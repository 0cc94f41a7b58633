import { expect, test } from 'vitest'
import { parseInstant } from '../../domain/clock.ts'
import { jsonDocument } from './json.ts'

test('a document says its version first, and tells instants as people and programs read them', () => {
  const at = parseInstant('2026-01-26T03:00:00Z')
  const document = jsonDocument({
    site: 'pi-hosting',
    timeZone: 'UTC',
    components: [{ component: 'database', askedAt: at, points: [] }],
  })
  expect(document.startsWith('{\n  "schemaVersion": 1,\n')).toBe(true)
  expect(JSON.parse(document)).toEqual({
    schemaVersion: 1,
    site: 'pi-hosting',
    timeZone: 'UTC',
    components: [{ component: 'database', askedAt: '2026-01-26T03:00:00.000Z', points: [] }],
  })
})
