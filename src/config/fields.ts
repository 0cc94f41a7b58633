import * as z from 'zod/mini'
import { durationForm, parseDuration } from '../domain/duration.ts'

/**
 * Values of the configuration that are text with a form of its own. Each says what was expected when it isn't. All schemas
 * are zod's small build: the other one, with methods to chain, takes as much CPU to load as a whole start of Node.
 */

/** What is said about a schema beside its type, for the JSON Schema and the pages that are made of it. */
interface Notes {
  readonly description?: string
  readonly example?: unknown
  readonly form?: string
}

/** A schema with notes; a copy of one that has notes already, over which it goes: the same field stands under several keys. */
export function noted<Schema extends z.ZodMiniType>(schema: Schema, notes: Notes): Schema {
  const own = z.globalRegistry.has(schema) ? z.clone(schema) : schema
  z.globalRegistry.add(own, { ...notes })
  return own
}

/** A key of the configuration: what may stand there, and what it is. */
export function key<Schema extends z.ZodMiniType>(schema: Schema, description: string, notes: Notes = {}): Schema {
  return noted(schema, { description, ...notes })
}

/** What is taken for a key that is left out; `parsedDefault` instead for a value as a person would write it. */
// Not taken out of `z` as an object: the bundler would have to keep all of zod.
// oxlint-disable-next-line no-underscore-dangle -- the name that zod's small build gives it
export const withDefault = z._default
export const parsedDefault = z.prefault

export const durationField = noted(
  z.pipe(
    z.string(),
    z.transform((text: string, context) => {
      const value = parseDuration(text)
      if (value !== undefined) return value
      context.issues.push({ code: 'custom', input: text, message: 'is not a duration', params: { expected: durationForm } })
      return z.NEVER
    }),
  ),
  { form: durationForm },
)

export const siteField = noted(
  z.string().check(
    z.regex(/^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*)*$/, {
      error: 'is not a site name',
    }),
  ),
  { form: 'lower-case words with hyphens, and slashes between groups, such as pi-hosting or do-droplet/api' },
)

/** A name that a person chooses, for a component or a channel. */
export const nameField = (error: string) => z.string().check(z.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, { error }))

const zones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')]

export const timeZoneField = z.string().check(
  z.check<string>((written) => {
    const zone = spelledZone(written.value)
    if (zone !== undefined) {
      written.value = zone
      return
    }
    const params = { expected: 'a name such as Australia/Perth or UTC', candidates: zones() }
    written.issues.push({ code: 'custom', input: written.value, message: 'is not a time zone', params })
  }),
)

/**
 * Everything that Intl knows is good, aliases too; a fixed offset isn't a zone, because it knows no daylight saving. Intl
 * takes capitals and small letters for the same, and the process's own clock, which will show the times, doesn't: a name
 * that it doesn't take is replaced by Intl's own.
 */
function spelledZone(text: string): string | undefined {
  if (!/^[A-Za-z]/.test(text)) return undefined
  const before = process.env['TZ']
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
    process.env['TZ'] = text
    return new Intl.DateTimeFormat('en').resolvedOptions().timeZone === known ? text : known
  } catch {
    return undefined
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
}

export const timeOfDayField = noted(z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time of day' })), {
  form: 'hours and minutes on a 24-hour clock, in quotes, such as "03:00"',
})

export const pathField = noted(
  z.string().check(
    z.minLength(1, { error: 'is empty' }),
    z.refine((text) => !text.includes('\0'), { error: 'holds a NUL character' }),
  ),
  { form: 'a path; a relative one starts at the folder of holdfast.yaml' },
)

export const bucketField = noted(
  z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, { error: 'is not a bucket name that both engines accept' })),
  { form: '3 to 63 lower-case letters, digits and hyphens (no dots: pgBackRest refuses them)' },
)

export const endpointField = noted(
  z.string().check(z.regex(/^(https:\/\/)?[A-Za-z0-9.-]+(:\d{1,5})?\/?$/, { error: 'is not an HTTPS endpoint' })),
  { form: 'a host, with a port where it needs one, such as s3.example.org or https://localhost:9000' },
)

export const text = z.string().check(z.minLength(1))

export const exactlyOne = { params: { expected: 'exactly one of them' } }
