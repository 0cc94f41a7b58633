import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { preparePrivateDirectory } from '../../../sources/postgres/restored/private-server.ts'
import { privateControl, runControl } from '../../../sources/postgres/server-control.ts'
import { forgetFolder, markFolder } from '../../../state/restore-marks.ts'
import { prepareTarget } from '../facts/target-state.ts'
import { layout } from '../folders.ts'
import type { DatabasePlan } from '../plan.ts'
import { copyCluster, restoredAs, type DatabaseTools } from '../proof.ts'
import type { Restored } from '../request.ts'
import { removeTemporary } from '../temporary.ts'

/**
 * A cluster in a folder of its own that is left running there, where only its owner and root get to it. It never archives, and
 * lives until `stopTemporary`.
 */
export const temporaryCluster = (tools: DatabaseTools) => ({
  async apply(plan: DatabasePlan): Promise<Restored> {
    const { context, component, work } = tools
    const folder = dirname(plan.target.folder)
    const { data, socket, log } = layout(folder)
    prepareTarget(folder, plan.owner)
    markFolder(context, { component: component.name, kind: 'temporary', folder })
    try {
      const { cluster } = await tools.open(plan.executor, async (bench) => {
        await copyCluster(tools, bench, plan)
        return tools.prove(bench, plan, async () => undefined)
      })
      forgetFolder(context, data)
      mkdirSync(socket, { mode: 0o700 })
      const hba = preparePrivateDirectory(socket, data)
      work.report({ note: 'starting it, to be used' })
      const { start } = privateControl(context.place, data, { socketDirectory: socket, hba, log })
      await runControl(context.place, start, 'starting the temporary cluster', context.signal, `its log is ${log}`)
      const [database] = cluster.databases.filter(({ name }) => name !== 'postgres')
      const connection = `host=${socket} port=5432 user=${component.source.user} dbname=${database?.name ?? 'postgres'}`
      return { ...restoredAs(plan, cluster), target: folder, places: [data], connection }
    } catch (error) {
      await removeTemporary({ ...context, signal: new AbortController().signal }, folder)
      throw error
    }
  },
})
