import { describe, expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { instant } from '../domain/clock.ts'
import type { RestorePoint } from '../domain/restore-point.ts'
import { bytes } from '../domain/size.ts'
import { keptBytes, pinReason } from './pin.ts'

describe('the reason of a pin', () => {
  test('is what a person wrote, without the spaces around it', () => {
    expect(pinReason('  before upgrade to 16, é東🙂 100% ')).toBe('before upgrade to 16, é東🙂 100%')
    expect(pinReason('x'.repeat(200))).toHaveLength(200)
  })

  test.each([
    ['', 'a pin needs a reason'],
    [' \n\t ', 'a pin needs a reason'],
    ['two\nlines', 'the reason of a pin is one line, without control characters'],
    ['two\u2028lines', 'the reason of a pin is one line, without control characters'],
    ['\u001b[31mred', 'the reason of a pin is one line, without control characters'],
    ['x'.repeat(5000), 'the reason of a pin has 5000 characters; 200 are the most'],
  ])('%j is refused', async (text, message) => {
    expect(await failureOf(() => pinReason(text))).toMatchObject({ code: 'usage', message })
  })
})

describe('what a point keeps', () => {
  const point = (id: string, added: number | undefined, dependsOn: string[] = []): RestorePoint => ({
    ...{ id, kind: 'full', beganAt: instant(0), endedAt: instant(0), dependsOn, hasErrors: false, tags: [] },
    ...(added === undefined ? {} : { addedBytes: bytes(added) }),
  })

  test('is what it added, and what those added that it needs', () => {
    const points = [point('full', 100), point('other', 50), point('differential', 7, ['full'])]
    expect(points.map((one) => keptBytes(one, points))).toEqual([100, 50, 107])
  })

  test('is not known where the engine never said what a point added', () => {
    const points = [point('full', undefined), point('differential', 7, ['full'])]
    expect(points.map((one) => keptBytes(one, points))).toEqual([undefined, undefined])
  })
})
