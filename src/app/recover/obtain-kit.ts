import { existsSync } from 'node:fs'
import { isHoldfastError } from '../../domain/errors.ts'
import { fetchKit, openKit, type FetchedKit } from '../kit/fetch-kit.ts'
import type { AppContext } from '../site/context.ts'
import { recoveryFolderOf } from './recover.ts'
import type { OpenRecovery } from './recovery-record.ts'

/** The kit that was fetched before, so that all steps of a recovery work from the same one; or the newest. */
export async function obtainKit(bare: AppContext, progress: OpenRecovery): Promise<FetchedKit | undefined> {
  const folder = recoveryFolderOf(bare.stateDirectory)
  const known = progress.record.kit
  if (known !== undefined && existsSync(folder)) return openKit(folder, known.point)
  try {
    const kit = await fetchKit(bare, folder)
    progress.record.kit = { point: kit.point, madeAt: kit.manifest.madeAt, machine: kit.manifest.machine }
    progress.save()
    return kit
  } catch (error) {
    // A configuration that somebody put in its place does as well, without what only the kit knows.
    const replaceable = isHoldfastError(error) && ['repository-missing', 'kit-unreadable'].includes(error.code)
    if (replaceable && existsSync(bare.site.file)) return undefined
    throw error
  }
}
