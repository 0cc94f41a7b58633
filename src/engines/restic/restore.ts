import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../domain/command.ts'
import type { FileRestoreRequest, Overwriting } from '../file-port.ts'
import type { EngineContext } from '../port.ts'
import { atLeast, versionText, type Version } from '../version.ts'
import { deletedIn } from './answers.ts'
import { liveParts, replacesWhatIsThere, restoreCommand, tellsRestoreProgress } from './commands.ts'
import { keepFoldersAbove } from './folders-above.ts'
import { measure, requireFound } from './measure.ts'
import type { ResticOptions, ResticRun, ResticRunOptions } from './run.ts'

export async function restore(restic: ResticRun, request: FileRestoreRequest, context: EngineContext): Promise<void> {
  const { point, target, holds, paths, patterns = [] } = request
  const version = await restic.version(context)
  if (!atLeast(version, tellsRestoreProgress)) {
    context.report({ note: `restoring; restic ${versionText(version)} does not tell how far it has come` })
  }
  const exists = (path: string) => lstatSync(join(target, path), { throwIfNoEntry: false }) !== undefined
  // What exists there before would be taken for restored afterwards.
  const existing = paths.filter(exists)
  if (holds !== 'live' && existing.length > 0) await measure(restic, { point, paths: existing }, context)
  const restoreAll = async () => {
    for (const command of restoreCommandsOf(restic.options, version, request)) {
      await restic.runLong(command, context, verifyListener(request, context))
    }
  }
  const { source } = restic.options.component
  if (holds === 'live') await keepFoldersAbove([...paths, ...source.paths, ...patterns], restoreAll)
  else await restoreAll()
  // restic restores nothing, and reports success, when no path matches.
  for (const path of paths) requireFound(point.id, path, exists(path))
}

/** @param tries what would change is listed, and nothing is written */
export function restoreCommandsOf(
  options: ResticOptions,
  version: Version,
  request: FileRestoreRequest,
  { tries = false } = {},
): Command[] {
  const { point, paths, patterns = [], target, holds, deletes = false, verifies } = request
  const wish = { snapshot: point.id, target, paths, patterns, deletes, tries, verifies: verifies !== undefined }
  if (holds !== 'live' || !atLeast(version, replacesWhatIsThere)) return [restoreCommand(options, version, wish)]
  return liveParts(paths, patterns).map((part) =>
    restoreCommand(options, version, {
      ...wish,
      snapshot: `${point.id}:${part.folder}`,
      target: part.folder,
      paths: [],
      patterns: part.patterns,
    }),
  )
}

export async function overwriting(restic: ResticRun, context: EngineContext): Promise<Overwriting> {
  const isAble = atLeast(await restic.version(context), replacesWhatIsThere)
  return { replacesLinks: isAble, deletes: isAble }
}

export async function listDeletions(
  restic: ResticRun,
  request: FileRestoreRequest,
  context: EngineContext,
): Promise<readonly string[]> {
  const deleted: string[] = []
  for (const command of restoreCommandsOf(restic.options, await restic.version(context), request, { tries: true })) {
    await restic.run(command, context, {
      onMessage: (message) => {
        const item = deletedIn(message)
        if (item !== undefined) deleted.push(item)
      },
    })
  }
  return deleted
}

/** All is written when restic sums up or, before 0.16, says in words that it verifies (seen with 0.14 and 0.18). */
function verifyListener({ verifies }: FileRestoreRequest, { report }: EngineContext): ResticRunOptions {
  if (verifies === undefined) return {}
  let isHeard = false
  const written = () => {
    if (isHeard) return
    isHeard = true
    verifies()
    report({ note: 'reading again what was written' })
  }
  return {
    onWords: (line) => void (line.startsWith('verifying files') && written()),
    onMessage: ({ message_type: kind }) => void (kind === 'summary' && written()),
  }
}
