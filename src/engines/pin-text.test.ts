import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pinText, readPin } from './pin-text.ts'

test('a reason stays readable in the engine’s own listing, and loses nothing that engines split at or drop', () => {
  expect(pinText('before upgrade to 16 · é東🙂 "quoted" a=b')).toBe('before upgrade to 16 · é東🙂 "quoted" a=b')
  expect(pinText('a, b\nc\t100% ')).toBe('a%2C b%0Ac%09100%25%20')
})

test('any reason comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (reason) => {
      const text = pinText(reason)
      expect(text).not.toMatch(/[,\p{Cc}\p{Zl}\p{Zp}]|^\s|\s$/u)
      expect(readPin(text)).toBe(reason)
    }),
  )
})

test('half a surrogate pair, which no file can hold, becomes the sign for that', () => {
  expect(readPin(pinText('a\uD800b'))).toBe('a\uFFFDb')
})

test('what a person wrote by hand is taken as it is', () => {
  expect(readPin('100% sure')).toBe('100% sure')
  expect(readPin('')).toBe('no reason given')
})
