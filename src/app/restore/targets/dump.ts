import { rmSync, statSync } from 'node:fs'
import { move } from '../../../disk/replace-file.ts'
import type { DatabasePlan, TargetOf } from '../plan.ts'
import { restoredAs, type DatabaseTools } from '../proof.ts'
import type { Restored } from '../request.ts'
import { withDump } from './part.ts'

/** One database, or tables of it, as a file of pg_dump that only whoever asked for it reads. */
export const dumpToFile = (tools: DatabaseTools) => ({
  async apply(plan: DatabasePlan<TargetOf<'dump'>>): Promise<Restored> {
    const { file } = plan.target
    const unfinished = `${file}.unfinished`
    try {
      return await withDump(tools, plan, { file: unfinished }, async (cluster, tables) => {
        move(unfinished, file)
        return { ...restoredAs(plan, cluster), sizeBytes: statSync(file).size, target: file, places: [file], tables }
      })
    } finally {
      rmSync(unfinished, { force: true })
    }
  },
})
