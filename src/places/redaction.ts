const hidden = '[redacted]'

/** Shorter values would black out ordinary words; secrets that short are refused when they are loaded. */
const shortestSecret = 6

export type Redactor = (text: string) => string

/**
 * Makes a function that blacks out every secret in a text: as it is, URL-encoded (strictly and loosely, either case) and
 * in base64 (also url-safe), wherever it stands inside a longer encoded text.
 */
export function createRedactor(secrets: readonly string[]): Redactor {
  const needles = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue
    for (const form of formsOf(secret)) if (form.length >= shortestSecret) needles.add(form)
  }
  if (needles.size === 0) return (text) => text
  const longestFirst = [...needles].toSorted((one, other) => other.length - one.length)
  const pattern = new RegExp(longestFirst.map((needle) => RegExpEscape(needle)).join('|'), 'g')
  return (text) => text.replace(pattern, hidden)
}

function* formsOf(secret: string): Generator<string> {
  yield secret
  yield JSON.stringify(secret).slice(1, -1)
  const encoded = encodeURIComponent(secret)
  const strict = encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  for (const form of [encoded, strict, strict.replaceAll('%20', '+')]) {
    yield form
    yield form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
  }
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

const RegExpEscape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
