import { expect, test } from 'vitest'
import { parseInstant } from '../../domain/clock.ts'
import { jsonDocument } from './json.ts'

test('a document says its version first, and tells instants as people and programs read them', () => {
  const at = parseInstant('2026-01-26T03:00:00Z')
  const document = jsonDocument({
    at,
    steps: [{ from: ['/srv/foundry'], to: 's3://bucket/x', beganAt: at, durationMs: 12 }],
    windows: [{ from: at, to: at }],
    newestPoint: undefined,
  })
  expect(document.startsWith('{\n  "schemaVersion": 1,\n')).toBe(true)
  expect(JSON.parse(document)).toEqual({
    schemaVersion: 1,
    at: '2026-01-26T03:00:00.000Z',
    steps: [{ from: ['/srv/foundry'], to: 's3://bucket/x', beganAt: '2026-01-26T03:00:00.000Z', durationMs: 12 }],
    windows: [{ from: '2026-01-26T03:00:00.000Z', to: '2026-01-26T03:00:00.000Z' }],
  })
})
