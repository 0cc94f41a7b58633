import * as z from 'zod'
import { durationForm, parseDuration } from '../domain/duration.ts'

/** Values of the configuration that are text with a form of its own. Each says what was expected when it isn't. */

export const durationField = z
  .string()
  .transform((text, context) => {
    const value = parseDuration(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: 'is not a duration', params: { expected: durationForm } })
    return z.NEVER
  })
  .meta({ form: durationForm })

export const siteField = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*(\/[a-z0-9]+(-[a-z0-9]+)*)*$/, {
    error: 'is not a site name',
  })
  .meta({ form: 'lower-case words with hyphens, and slashes between groups, such as pi-hosting or do-droplet/api' })

const zones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')]

export const timeZoneField = z.string().superRefine((text, context) => {
  // Everything that Intl knows is good, aliases too; a fixed offset isn't a zone, because it knows no daylight saving.
  if (/^[A-Za-z]/.test(text) && isZone(text)) return
  context.addIssue({
    code: 'custom',
    message: 'is not a time zone',
    params: { expected: 'a name such as Australia/Perth or UTC', candidates: zones() },
  })
})

function isZone(text: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

export const timeOfDayField = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'is not a time of day' })
  .meta({ form: 'hours and minutes on a 24-hour clock, in quotes, such as "03:00"' })

export const pathField = z
  .string()
  .min(1, { error: 'is empty' })
  .refine((text) => !text.includes('\0'), { error: 'holds a NUL character' })
  .meta({ form: 'a path; a relative one starts at the folder of holdfast.yaml' })

export const bucketField = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, { error: 'is not a bucket name that both engines accept' })
  .meta({ form: '3 to 63 lower-case letters, digits and hyphens (no dots: pgBackRest refuses them)' })

export const endpointField = z
  .string()
  .regex(/^(https:\/\/)?[A-Za-z0-9.-]+(:\d{1,5})?\/?$/, { error: 'is not an HTTPS endpoint' })
  .meta({ form: 'a host, with a port where it needs one, such as s3.example.org or https://localhost:9000' })
