import { shellWord } from '../../../places/command-text.ts'
import type { RestoredCluster } from '../../../sources/postgres/port.ts'
import { forgetFolder } from '../../../state/restore-marks.ts'
import type { DatabasePlan } from '../plan.ts'
import { copyCluster, restoredAs, type DatabaseTools } from '../proof.ts'
import type { Restored } from '../request.ts'

/** A cluster in a folder, which was started, proven and stopped. */
export const clusterInFolder = (tools: DatabaseTools) => ({
  apply: (plan: DatabasePlan): Promise<Restored> =>
    tools.open(plan.executor, async (bench) => {
      const { folder } = plan.target
      await copyCluster(tools, bench, plan)
      const { cluster } = await tools.prove(bench, plan, async () => undefined)
      forgetFolder(tools.context, folder)
      const lookInside = bench.lookInside?.(folder) ?? lookByOwner(folder, cluster)
      return { ...restoredAs(plan, cluster), target: folder, places: [folder], lookInside }
    }),
})

/** For a shell of the owner of the copy. */
const lookByOwner = (folder: string, { majorVersion }: RestoredCluster): string =>
  `/usr/lib/postgresql/${majorVersion}/bin/pg_ctl -D ${shellWord(folder)} -o '-p 5499' -w start`
