import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor } from './redaction.ts'

/** Whoever sees the text could read the secret out of it, in one of the ways in which programs write it. */
function canBeRead(secret: string, text: string): boolean {
  const strict = encodeURIComponent(secret).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
  const forms = [
    secret,
    encodeURIComponent(secret),
    strict,
    strict.replaceAll('%20', '+'),
    new URLSearchParams({ key: secret }).toString().slice('key='.length),
    JSON.stringify(secret).slice(1, -1),
  ]
  const plain = forms.some((form) => text.includes(form) || lowerEscapes(text).includes(lowerEscapes(form)))
  // Base64 may begin anywhere in the text.
  const pieces = text.split(/[^A-Za-z0-9+/_-]+/)
  return plain || pieces.some((piece) => [0, 1, 2, 3].some((at) => decoded(piece.slice(at)).includes(secret)))
}

const lowerEscapes = (text: string): string => text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toLowerCase())
const decoded = (piece: string): string => Buffer.from(piece, 'base64').toString('utf8')

/** Secrets as people and clouds make them, and worse. */
const secrets = fc.oneof(
  fc.string({ minLength: 6, maxLength: 60, unit: 'grapheme-ascii' }),
  fc.string({ minLength: 6, maxLength: 20, unit: 'grapheme' }),
  fc.base64String({ minLength: 8, maxLength: 64 }),
  fc.stringMatching(/^[A-Za-z0-9/+=!'()*~ %"\\]{6,40}$/),
)
const surroundings = fc.string({ maxLength: 30, unit: 'grapheme-ascii' })

describe('redaction', () => {
  test('lets no form of a secret through: plain, URL-encoded, in JSON, in base64 at any offset', () => {
    const ways: ((before: string, secret: string, after: string) => string)[] = [
      (before, secret, after) => before + secret + after,
      (before, secret, after) => before + encodeURIComponent(secret) + after,
      (before, secret, after) => before + lowerEscapes(encodeURIComponent(secret)) + after,
      (before, secret, after) => new URLSearchParams({ [before]: secret, after }).toString(),
      (before, secret, after) => JSON.stringify({ before, secret, after }),
      (before, secret, after) => Buffer.from(before + secret + after).toString('base64'),
      (before, secret, after) => Buffer.from(before + secret + after).toString('base64url'),
      (before, secret, after) => `Authorization: Basic ${Buffer.from(`${before}:${secret}`).toString('base64')}\n${after}`,
    ]
    fc.assert(
      fc.property(secrets, surroundings, surroundings, fc.constantFrom(...ways), (secret, before, after, write) => {
        // A secret that stands in our own mark can't be hidden by it.
        fc.pre(!canBeRead(secret, '[redacted]') && !canBeRead(secret, `${before} ${after}`))
        expect(canBeRead(secret, createRedactor([secret])(write(before, secret, after)))).toBe(false)
      }),
      { numRuns: 800 },
    )
  })

  test('changes nothing in a text without a secret', () => {
    const redact = createRedactor(['correct horse battery staple', 'AKIAIOSFODNN7EXAMPLE'])
    fc.assert(
      fc.property(surroundings, (text) => {
        expect(redact(text)).toBe(text)
      }),
    )
    expect(createRedactor([])('anything')).toBe('anything')
  })

  test('blacks out every occurrence of every secret, the longer of two that begin alike first', () => {
    const redact = createRedactor(['horse-battery', 'horse-battery-staple', 'AKIAIOSFODNN7EXAMPLE'])
    expect(redact('horse-battery-staple horse-battery AKIAIOSFODNN7EXAMPLE horse-battery')).toBe(
      '[redacted] [redacted] [redacted] [redacted]',
    )
  })

  test('takes a secret literally, whatever its characters mean in a pattern', () => {
    expect(createRedactor(['a.*+?^${}()|[]\\b'])('x a.*+?^${}()|[]\\b y anything')).toBe('x [redacted] y anything')
  })

  test('leaves words alone that are too short to be a secret', () => {
    expect(createRedactor(['yes'])('yes, all is well')).toBe('yes, all is well')
  })
})
