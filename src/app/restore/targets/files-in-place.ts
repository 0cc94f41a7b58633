import type { FilesPlan } from '../plan.ts'
import type { Restored } from '../request.ts'
import { restoreByEngine, restoredFiles, whatCameBack, type FilesTools } from './files-tools.ts'

/** Files over what is there now, at the paths that they came from. */
export const filesInPlace = (tools: FilesTools) => ({
  async apply(plan: FilesPlan): Promise<Restored> {
    await restoreByEngine(tools, plan)
    return { ...restoredFiles(plan), ...whatCameBack(plan) }
  },
})
