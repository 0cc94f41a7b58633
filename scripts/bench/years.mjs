import { dayMs, hex, iso } from './workshop.mjs'

export const componentsOfYears = ['database', 'foundry', 'logs', 'configs']

export const pathOf = (component) => `/srv/${component}`

/**
 * Five years of nightly runs: every night a run of a step for each component, now and then one that failed.
 *
 * @param storage where the repositories are said to be
 * @returns the journal's lines by month, and each component's points, oldest first
 */
export function yearsOfRuns(site, components, storage) {
  const months = new Map()
  const points = new Map(components.map((component) => [component, []]))
  const nights = Math.round(5 * 365.25)
  const firstNight = Date.now() - nights * dayMs
  for (let night = 0; night < nights; night += 1) {
    const beganAt = firstNight + night * dayMs
    const runId = `${iso(beganAt).slice(0, 19).replaceAll(/[-:]/g, '')}Z-${hex(4)}`
    const records = [{ type: 'run-began', at: iso(beganAt), runId, site, components, version: '0.1.0' }]
    for (const [index, component] of components.entries()) {
      const failed = night % 97 === index && night < nights - 31
      const stepBeganAt = beganAt + 1000 + index * 60_000
      const isDatabase = component === 'database'
      const kind = isDatabase ? (night % 30 === 0 ? 'full' : 'differential') : 'snapshot'
      const id = isDatabase ? `${iso(stepBeganAt).slice(0, 19).replaceAll(/[-:T]/g, '')}F` : hex(64)
      const result = {
        component,
        engine: isDatabase ? 'pgbackrest' : 'restic',
        outcome: failed ? 'failed' : 'done',
        from: [pathOf(component)],
        to: `${storage}/${site}/${component}`,
        beganAt: iso(stepBeganAt),
        durationMs: 30_000 + night,
        attempts: failed ? 3 : 1,
        ...(failed ? {} : { processedBytes: 4e9 + night * 1e6, addedBytes: 3e7 + night, point: { id, kind } }),
        healed: [],
        warnings: [],
        errors: failed
          ? [{ code: 'storage-unreachable', message: 'the storage did not answer for 3 minutes', hint: 'see doctor' }]
          : [],
        sources: isDatabase ? [] : [{ path: pathOf(component), kind: 'directory', entries: 41, mounted: false }],
      }
      records.push({ type: 'step-ended', at: iso(stepBeganAt + result.durationMs), runId, result })
      if (!failed && (nights - night <= 30 || night % 30 === 0)) {
        const endedAt = stepBeganAt + result.durationMs
        points.get(component).push({ id, kind, beganAt: stepBeganAt, endedAt, dependsOn: [], hasErrors: false, tags: [] })
      }
    }
    const result = { runId, site, outcome: 'done', beganAt: iso(beganAt), durationMs: 240_000, healed: [] }
    records.push({ type: 'run-ended', at: iso(beganAt + 240_000), runId, result })
    for (const record of records) {
      const month = record.at.slice(0, 7)
      months.set(month, `${months.get(month) ?? ''}${JSON.stringify(record)}\n`)
    }
  }
  return { months, points, megabytes: [...months.values()].reduce((sum, lines) => sum + lines.length, 0) / 1e6 }
}
