import { bytes, choice, instant, integer, list, object, of, oneOf, optional, shape, text } from './fields.ts'
import { error, pointKind, retentionResult } from './shapes.ts'

const pointFields = (addedBytes: string) => ({
  id: text('id of the restore point'),
  kind: pointKind('its kind, as in a [restore point](#restore-point)'),
  endedAt: instant('when its data was complete'),
  addedBytes: optional(bytes(addedBytes)),
})

export const keptPoint = shape(
  'Kept point',
  object({
    ...pointFields('what it added to the repository; absent when that isn’t known'),
    reasons: list(
      object({
        cause: choice(
          [
            'last',
            'hourly',
            'daily',
            'weekly',
            'monthly',
            'yearly',
            'within',
            'forever',
            'pinned',
            'newest',
            'drilled',
            'window',
            'needed',
            'future',
            'foreign',
          ],
          'a rule (`last`, `hourly`, `daily`, `weekly`, `monthly`, `yearly`, `within`, `forever`); `pinned`; `newest`, the last good one; `drilled`, the last that passed a drill, or before the first one the last that a database was restored from; `window`, the recovery window begins with it; `needed`, another that stays is built on it; `future`, dated later than now; `foreign`, not made by Holdfast',
        ),
        text: text('the same in words'),
      }),
      'why it stays: one reason at least',
    ),
  }),
)

export const removedPoint = shape(
  'Removed point',
  object({
    ...pointFields('what it added to the repository, and so the most that its removal can free; absent when that isn’t known'),
    reason: text('why it goes'),
  }),
)

const everyComponent = 'one for each component that was asked for, in the order of the configuration'

export const retentionPlan = {
  site: text('the site'),
  timeZone: text('its time zone, whose days and months count'),
  components: list(
    oneOf([
      object({
        component: text('the component'),
        at: instant('the time that the plan is made for'),
        keep: list(keptPoint, 'what stays, newest first'),
        remove: list(removedPoint, 'what goes, in the order in which it goes'),
        windowFrom: optional(
          text('for a database: id of the base backup from which on every second stays restorable; absent when no WAL goes'),
        ),
        refusals: list(error, 'what `retention apply` would refuse for: `clock-doubtful`, `removal-large`'),
        forecast: optional(
          object(
            {
              keep: list(keptPoint, 'what would stay, newest first; those that are not made yet have an id in words'),
              remove: list(removedPoint, 'what would go on that day'),
              windowFrom: optional(text('where the recovery window would begin')),
              steps: list(
                object({
                  at: instant('the time'),
                  points: integer('restore points that would stand'),
                  addedBytes: optional(bytes('what these added to the repository; absent when that isn’t known')),
                }),
                'one a month, or one a year when it looks more than two years ahead; the last is the end',
              ),
            },
            'with `--until`: what would stand then',
          ),
        ),
      }),
      object({
        component: text('the component'),
        error: of(error, 'why the engine could not be asked; the rest is absent then'),
      }),
    ]),
    everyComponent,
  ),
}

export const retentionApply = { site: text('the site'), components: list(retentionResult, everyComponent) }
