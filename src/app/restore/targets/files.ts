import { forgetFolder, markFolder } from '../../../state/restore-marks.ts'
import { prepareTarget } from '../facts/target-state.ts'
import type { FilesPlan } from '../plan.ts'
import type { Restored } from '../request.ts'
import { restoreByEngine, restoredFiles, whatCameBack, type FilesTools } from './files-tools.ts'

/** Files below a folder, each at the path that it had on the source. */
export const filesIntoFolder = (tools: FilesTools) => ({
  async apply(plan: FilesPlan): Promise<Restored> {
    const { folder } = plan.target
    prepareTarget(folder, undefined)
    markFolder(tools.context, { component: plan.component, kind: 'directory', folder })
    await restoreByEngine(tools, plan)
    forgetFolder(tools.context, folder)
    const { places, notes } = whatCameBack(plan)
    const isPart = (plan.engine.patterns ?? []).length > 0
    return { ...restoredFiles(plan), places: isPart ? [...places, folder] : places, notes }
  },
})
