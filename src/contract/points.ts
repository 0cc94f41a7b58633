import { instant, list, object, of, oneOf, text, unlessUnknown, bytes, type Described } from './fields.ts'
import { error, pinnedBytes, price, recoveryWindow, restorePoint, unreachableWal } from './shapes.ts'

export const sightingFields = {
  askedAt: instant('when the engine was asked'),
  points: list(restorePoint, 'oldest first'),
  windows: unlessUnknown(list(recoveryWindow, 'oldest first; absent for files')),
  unreachable: unlessUnknown(
    list(unreachableWal, 'WAL newer than the newest window that no base backup leads to; absent for files'),
  ),
  repositoryBytes: unlessUnknown(
    bytes('what the repository takes; asked with `--usage`, otherwise what was last known, or absent'),
  ),
}

export const points = {
  site: text('the site'),
  timeZone: text('its time zone, such as `Australia/Perth`; the instants are in UTC all the same'),
  components: list(
    oneOf([
      object({ component: text('the component'), ...sightingFields }),
      object({
        component: text('the component'),
        error: of(error, 'why the engine could not be asked; the rest is absent then'),
      }),
    ]),
    'one for each component that was asked for, in the order of the configuration',
  ),
}

export const pinOutcome = object(
  {
    component: text('the component'),
    point: text('the id that the point has now'),
    previousPoint: text('the id that it had before; restic changes it'),
    at: instant('when its data was complete'),
    reason: unlessUnknown(text('why it is kept for ever; absent after `points unpin`')),
    previousReason: unlessUnknown(text('why it was before; absent when it was not pinned')),
    keptBytes: pinnedBytes(),
    monthlyPrice: unlessUnknown(of(price, 'what that costs a month; absent when it is not known what is kept')),
  },
  'what was done',
)

export const pointsPin = { pin: pinOutcome }

export type PinOutcome = Described<typeof pinOutcome>
