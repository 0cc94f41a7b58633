import type { Instant } from '../domain/clock.ts'
import { errorCatalogue, type ErrorRecord } from '../domain/errors.ts'
import { keyOf, number, object, optional, text } from '../disk/shape.ts'

/** What several kinds of state files hold. */
export const instant = number<Instant>()

export const errorRecord = object<ErrorRecord>({
  code: keyOf(errorCatalogue),
  message: text,
  hint: optional(text),
  detail: optional(text),
})
