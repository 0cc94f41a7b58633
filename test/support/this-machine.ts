import { systemClock } from '../../src/domain/clock.ts'
import { createMachine } from '../../src/machine/linux.ts'

/** The machine that the tests run on. */
export const thisMachine = createMachine({ clock: systemClock, own: [] })
