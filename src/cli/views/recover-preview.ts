import type { PreviewedStep } from '../../app/recover/preview.ts'
import type { Site } from '../../domain/site.ts'
import { planDocument, planLines } from './plan-view.ts'
import { padded, visible, type Terminal } from '../output/terminal.ts'

/** A recovery as the JSON of `--dry-run` holds it. */
export const previewDocument = (site: string, steps: readonly PreviewedStep[]) => ({
  site,
  steps: steps.map(({ plan, ...step }) => ({ ...step, ...(plan === undefined ? {} : { plan: planDocument(plan) }) })),
})

/** What a recovery would do, for people. */
export function previewLines(site: Site, steps: readonly PreviewedStep[], terminal: Terminal): string[] {
  const { paint } = terminal
  const width = Math.max(...steps.map(({ step }) => step.length))
  return [
    `${paint('bold', `${site.name} · recover`)}  nothing is changed yet`,
    '',
    ...steps.flatMap(({ step, what, detail, done, plan, error }) => [
      `${done ? paint('good', '✓') : '·'} ${padded(step, width)}  ${visible(what)}`,
      ...detail.map((line) => `    ${paint('dim', visible(line))}`),
      ...(plan === undefined
        ? []
        : planLines(plan, site, terminal)
            .slice(1)
            .map((line) => (line === '' ? '' : `  ${line}`))),
      ...(error === undefined ? [] : [`    cannot be planned on this machine yet: ${visible(error.message)}`]),
    ]),
  ]
}
