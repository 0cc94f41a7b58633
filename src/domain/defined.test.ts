import { expect, test } from 'vitest'
import { defined } from './defined.ts'

test('what is undefined leaves no member, and everything else stays as it is', () => {
  const made: { name?: string; size?: number; when?: null } = defined({ name: undefined, size: 0, when: null })
  expect(Object.keys(made)).toEqual(['size', 'when'])
  expect(made).toEqual({ size: 0, when: null })
})
