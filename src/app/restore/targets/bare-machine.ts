import { chmodSync, chownSync, existsSync } from 'node:fs'
import { pgCtlStop, runControl, runsIn } from '../../../sources/postgres/server-control.ts'
import type { DatabasePlan } from '../plan.ts'
import type { DatabaseTools } from '../proof.ts'
import type { Restored } from '../request.ts'
import { clusterInFolder } from './folder.ts'

/**
 * The cluster of a machine that is gone, into its own data directory, which holds nothing, or what an earlier recovery left
 * there. Unlike a restore in place it doesn't archive when it is started.
 */
export const clusterOnBareMachine = (tools: DatabaseTools) => ({
  async apply(plan: DatabasePlan): Promise<Restored> {
    const { place, signal } = tools.context
    const { folder, state } = plan.target
    if (state === 'empty' && existsSync(folder)) {
      // A mount point that was made by root, most likely.
      chownSync(folder, plan.owner.uid, plan.owner.gid)
      chmodSync(folder, 0o700)
    }
    // A recovery that was killed may have come as far as to start it.
    if (state === 'partial' && runsIn(folder)) {
      await runControl(place, pgCtlStop(place, folder), `stopping PostgreSQL in ${folder}`, signal)
    }
    return clusterInFolder(tools).apply(plan)
  },
})
