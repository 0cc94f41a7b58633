import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from './nearest.ts'

describe('the nearest known word', () => {
  const keys = ['site', 'timezone', 'storage', 'secrets', 'retention', 'schedule', 'components', 'paths']

  test.each([
    ['retension', 'retention'],
    ['Timezone', 'timezone'],
    ['stroage', 'storage'],
    ['path', 'paths'],
    ['component', 'components'],
    ['shedule', 'schedule'],
  ])('to %s is %s', (typed, meant) => {
    expect(nearest(typed, keys)).toBe(meant)
  })

  test.each(['telemetry', 'x', '', 'backup'])('to %j is none', (typed) => {
    expect(nearest(typed, keys)).toBeUndefined()
  })

  test('is the first of two that are equally near', () => {
    expect(nearest('cat', ['bat', 'hat'])).toBe('bat')
  })

  test('is found after any one slip: a letter left out, doubled, replaced, or two swapped', () => {
    const word = fc.constantFrom(...keys.filter((key) => key.length > 4))
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom('left out', 'doubled', 'replaced', 'swapped'), (key, where, slip) => {
        const at = where % (key.length - 1)
        const [begin, letter, end] = [key.slice(0, at), key.charAt(at), key.slice(at + 1)]
        const typed = {
          'left out': begin + end,
          doubled: begin + letter + letter + end,
          replaced: `${begin}q${end}`,
          swapped: begin + end.charAt(0) + letter + end.slice(1),
        }[slip]
        expect(nearest(typed, keys)).toBe(key)
      }),
    )
  })
})
