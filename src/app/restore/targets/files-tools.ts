import { defined } from '../../../domain/defined.ts'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { FileEngine } from '../../../engines/file-port.ts'
import type { EngineContext } from '../../../engines/port.ts'
import type { AppContext } from '../../site/context.ts'
import type { FilesPlan } from '../plan.ts'
import type { Restored } from '../request.ts'
import { verifying } from '../facts/files-facts.ts'

/** What a restore of files works with, whatever it is told to do. */
export interface FilesTools {
  readonly context: Pick<AppContext, 'stateDirectory'>
  readonly engine: FileEngine
  readonly work: EngineContext
  /** Hears when all is written. */
  readonly restored: () => void
}

/** Has the engine do what the plan says of it. */
export const restoreByEngine = ({ engine, work, restored }: FilesTools, plan: FilesPlan): Promise<void> =>
  engine.restore(verifying(plan, plan.engine, restored), work)

export function restoredFiles({ point, target, sizeBytes }: FilesPlan): Omit<Restored, 'places' | 'notes'> {
  return {
    point: point.id,
    ...defined({ pin: point.pin }),
    restoredTo: point.endedAt,
    target: target.folder,
    ...defined({ sizeBytes }),
  }
}

/** The paths of a component change; a snapshot holds those of its own time. */
export function whatCameBack({ wanted, target }: FilesPlan): Pick<Restored, 'places' | 'notes'> {
  const isThere = (path: string) => lstatSync(join(target.folder, path), { throwIfNoEntry: false }) !== undefined
  return {
    places: wanted.filter(isThere).map((path) => join(target.folder, path)),
    notes: wanted
      .filter((path) => !isThere(path))
      .map((path) => `the snapshot does not hold ${path}, which the component has now`),
  }
}
