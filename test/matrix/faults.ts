import { appendFileSync, statfsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer, Running } from '../support/test-site.ts'
import type { Household } from './household.ts'

/** How the run that a fault met has to end. */
export type Ending =
  /** Done all the same. */
  | 'unharmed'
  /** Told: an exit code, an error with a hint for each component that has no new point. */
  | 'told'
  /** By itself, with 130, noted in the journal. */
  | 'interrupted'
  /** Dead: the journal has no end of it. */
  | 'killed'

export interface Fault {
  readonly name: string
  readonly ending: readonly Ending[]
  /** Needs a run to happen to: before the first step that is one whose engine waits at the gate. */
  readonly needsRun: boolean
  begin(household: Household, run: Running | undefined): Promise<void>
  /** The world is well again; the run has ended. */
  end(household: Household): Promise<void>
}

const nothing = async (): Promise<void> => undefined

const signal = (name: 'SIGTERM' | 'SIGKILL', ending: Ending): Fault => ({
  name: name.slice(3),
  ending: [ending],
  needsRun: true,
  begin: async (_household, run) => run?.kill(name),
  end: nothing,
})

const network = (name: string, state: 'down' | 'refuses' | 'slow', ending: readonly Ending[]): Fault => ({
  name,
  ending,
  needsRun: false,
  begin: async (household) => household.network?.become(state),
  end: async (household) => household.network?.become('works'),
})

/** @param passSeconds how long it takes until the next run, when that has to be later than what the wrong clock dated */
const clock = (name: string, seconds: number, passSeconds = 0): Fault => ({
  name,
  // A point that is dated wrongly is one all the same; an engine may also refuse to go back in time.
  ending: ['unharmed', 'told'],
  needsRun: false,
  begin: async (household) => household.gates.setClock(seconds),
  end: async (household) => household.gates.letPass(passSeconds),
})

const secondRun: Fault = {
  name: 'second run',
  ending: ['unharmed'],
  needsRun: true,
  async begin(household) {
    const second: Answer = await household.start('backup').ended
    if (second.exitCode !== 11) throw new Error(`the second run ended with ${second.exitCode}:\n${second.text}`)
  },
  end: nothing,
}

const diskFull: Fault = {
  name: 'disk full',
  ending: ['told', 'unharmed'],
  needsRun: false,
  begin: async (household) => fill(join(household.site.root, 'storage')),
  end: async (household) => rmSync(join(household.site.root, 'storage/filler')),
}

/** Somebody else may write there meanwhile, so how much fits is only known at the end. */
function fill(folder: string): void {
  const filler = join(folder, 'filler')
  writeFileSync(filler, '')
  try {
    for (;;) appendFileSync(filler, new Uint8Array(statfsSync(folder).bsize))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

const databaseStopped = (name: string): Fault => ({
  name,
  // After its part of the run nobody misses it.
  ending: ['told', 'unharmed'],
  needsRun: false,
  begin: async (household) => household.cluster.stop(),
  end: async (household) => household.cluster.start(),
})

export const faults = {
  anywhere: [signal('SIGTERM', 'interrupted'), signal('SIGKILL', 'killed'), secondRun],
  bucket: [
    network('S3 down', 'down', ['told']),
    network('network refused', 'refuses', ['told']),
    network('S3 slow', 'slow', ['unharmed']),
  ],
  directory: [
    diskFull,
    databaseStopped('PostgreSQL stopped'),
    clock('an hour ahead', 3600, 3700),
    clock('an hour behind', -3600),
    clock('a year ahead', 366 * 86_400),
    clock('a year behind', -366 * 86_400),
  ],
  containers: [databaseStopped('container stopped')],
} as const satisfies Record<string, readonly Fault[]>
