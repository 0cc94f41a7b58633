import { systemClock } from '../domain/clock.ts'
import type { Site } from '../domain/site.ts'
import { createMachine } from '../machine/linux.ts'
import type { Machine } from '../machine/port.ts'
import { stateOf, stateRoot } from './view.ts'

/** What looks at paths of others; a view, which looks at its own state alone, makes do without. */
export const machineOf = (site?: Site): Machine =>
  createMachine({ clock: systemClock, own: [site === undefined ? stateRoot() : stateOf(site)] })
