import { isAhead, type Instant } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import type { ErrorRecord } from '../domain/errors.ts'
import { liesBelow, type Findings } from '../domain/finding.ts'

/** Something that is wrong, from the first finding that told of it to the look that finds it over. */
export interface Incident {
  readonly subject: string
  readonly component?: string
  readonly since: Instant
  /** How often it was found. */
  readonly count: number
  /** When it was found last. */
  readonly seenAt: Instant
  /** When people were told last. */
  readonly toldAt: Instant
  /** Codes of the errors that they were told of. */
  readonly toldCodes: readonly string[]
  readonly error: ErrorRecord
}

/** What follows from a look: what is open now, and what people are told. */
export interface IncidentNews {
  readonly open: readonly Incident[]
  /** New ones, and old ones that fail in a new way. */
  readonly begun: readonly Incident[]
  /** Told before and still there. */
  readonly reminded: readonly Incident[]
  readonly over: readonly Incident[]
}

/** A day, less what a daily run that is done early or late may differ. */
const remindAfter = duration(20, 'h')

/**
 * One failure is one message: the same finding again is counted, and told once a day as long as it lasts. An error of another
 * code is news, the first time that an incident has it.
 */
export function followIncidents(before: readonly Incident[], findings: Findings, now: Instant): IncidentNews {
  const found = new Map(findings.found.map((finding) => [finding.subject, finding]))
  const begun: Incident[] = []
  const reminded: Incident[] = []
  const over: Incident[] = []
  const open: Incident[] = []
  for (const incident of before) {
    const finding = found.get(incident.subject)
    if (finding === undefined) {
      const wasLookedAt = findings.looked.some((beginning) => liesBelow(incident.subject, beginning))
      ;(wasLookedAt ? over : open).push(incident)
      continue
    }
    found.delete(incident.subject)
    const { error } = finding
    const isNews = !incident.toldCodes.includes(error.code)
    const isDue = now - incident.toldAt >= remindAfter || isAhead(incident.toldAt, now)
    const told = isNews || isDue ? { toldAt: now, toldCodes: [...new Set([...incident.toldCodes, error.code])] } : {}
    const next: Incident = { ...incident, count: incident.count + 1, seenAt: now, error, ...told }
    open.push(next)
    if (isNews) begun.push(next)
    else if (isDue) reminded.push(next)
  }
  for (const { subject, component, since, error } of found.values()) {
    const own = component === undefined ? {} : { component }
    const incident: Incident = { subject, ...own, since, count: 1, seenAt: now, toldAt: now, toldCodes: [error.code], error }
    open.push(incident)
    begun.push(incident)
  }
  return { open, begun, reminded, over }
}
