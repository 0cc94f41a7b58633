const hidden = '[redacted]'

/** Shorter values would black out ordinary words; secrets that short are refused when they are loaded. */
const shortestSecret = 6

export type Redactor = (text: string) => string

/**
 * Makes a function that blacks out every secret in a text: as it is, URL-encoded (however strictly, in either case), as in
 * JSON, and in base64 (also url-safe), wherever it stands inside a longer encoded text.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const patterns = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue
    patterns.add(urlPattern(secret))
    for (const form of formsOf(secret)) if (form.length >= shortestSecret) patterns.add(literally(form))
  }
  if (patterns.size === 0) return (text) => text
  const longestFirst = [...patterns].toSorted((one, other) => other.length - one.length)
  const pattern = new RegExp(longestFirst.join('|'), 'g')
  return (text) => text.replace(pattern, hidden)
}

/** Programs disagree on which characters a URL has to escape, so each may stand as it is or escaped; a space also as plus. */
function urlPattern(secret: string): string {
  const pieces = Array.from(secret, (character) => {
    const escaped = [...Buffer.from(character)].map((byte) => `%${hexPattern(byte)}`).join('')
    return `(?:${literally(character)}|${escaped}${character === ' ' ? '|\\+' : ''})`
  })
  return pieces.join('')
}

const hexPattern = (byte: number): string =>
  byte
    .toString(16)
    .padStart(2, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

function* formsOf(secret: string): Generator<string> {
  yield JSON.stringify(secret).slice(1, -1)
  // Inside a longer base64 text ("user:secret") a secret starts at one of three offsets. What surrounds it changes the
  // first and last characters only, so the middle that never changes is what is looked for.
  for (const offset of [0, 1, 2]) {
    const base64 = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]).toString('base64')
    const withoutPadding = base64.replace(/=+$/, '')
    const bits = (offset + Buffer.byteLength(secret)) * 8
    const middle = withoutPadding.slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6))
    yield middle
    yield middle.replaceAll('+', '-').replaceAll('/', '_')
  }
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
