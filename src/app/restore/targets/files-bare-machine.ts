import { prepareTarget } from '../facts/target-state.ts'
import type { FilesPlan } from '../plan.ts'
import type { Restored } from '../request.ts'
import { restoreByEngine, restoredFiles, whatCameBack, type FilesTools } from './files-tools.ts'

/** Files where they were; beside what lies there already, below the state folder. */
export const filesOnBareMachine = (tools: FilesTools) => ({
  async apply(plan: FilesPlan): Promise<Restored> {
    if (plan.target.folder !== '/') prepareTarget(plan.target.folder, undefined)
    await restoreByEngine(tools, plan)
    return { ...restoredFiles(plan), ...whatCameBack(plan) }
  },
})
