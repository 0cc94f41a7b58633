import { systemClock } from '../domain/clock.ts'
import { createMachine } from '../machine/linux.ts'
import type { Machine } from '../machine/port.ts'
import { stateRoot } from './view.ts'

let made: Machine | undefined

/** One for all that a process asks: what does not answer while a configuration is read costs the run no second deadline. */
export const thisMachine = (): Machine => (made ??= createMachine({ clock: systemClock, own: [stateRoot()] }))
