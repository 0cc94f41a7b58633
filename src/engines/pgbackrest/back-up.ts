import { HoldfastError, type ErrorRecord } from '../../domain/errors.ts'
import { bytes } from '../../domain/size.ts'
import type { BaseBackupRequest } from '../database-port.ts'
import type { BackUpResult, EngineContext } from '../port.ts'
import { atLeast, parseVersion, versionText, type Version } from '../version.ts'
import { FileProgress, parseErrorList, pointsOf, warningOf, type StanzaInfo } from './answers.ts'
import { backUpCommand, infoSetCommand } from './commands.ts'
import type { PgbackrestRun } from './run.ts'

const mostWarnings = 20

export async function backUp(
  pgbackrest: PgbackrestRun,
  { kind, pin }: BaseBackupRequest,
  context: EngineContext,
): Promise<BackUpResult> {
  const present = (await pgbackrest.info(context)).backup
  const before = new Set(present.map((backup) => backup.label))
  const files = new FileProgress()
  const warnings = olderThan(present.at(-1), await pgbackrest.version(context))
  await pgbackrest.runLong(backUpCommand(pgbackrest.options, kind, pin), context, (line) => {
    const progress = files.read(line)
    if (progress) context.report(progress)
    const warning = warningOf(line)
    if (warning !== undefined && warnings.length < mostWarnings) warnings.push(warning)
  })
  const made = pointsOf(await pgbackrest.info(context)).findLast((point) => !before.has(point.id))
  if (made === undefined) {
    throw new HoldfastError('engine-output', 'pgBackRest ended well, but no new backup is in the repository')
  }
  return {
    point: { id: made.id, kind: made.kind },
    processedBytes: made.sizeBytes ?? bytes(0),
    addedBytes: made.addedBytes ?? bytes(0),
    faults: made.hasErrors ? [await pageFault(pgbackrest, made.id, context)] : [],
    warnings,
  }
}

/** Two machines, or a container and its new image, took turns: what the newer one wrote may be too new for the older. */
function olderThan(newest: StanzaInfo['backup'][number] | undefined, own: Version): string[] {
  const maker = parseVersion(newest?.backrest?.version ?? '')
  if (newest === undefined || maker === undefined || atLeast(own, maker)) return []
  const [made, now] = [versionText(maker), versionText(own)]
  return [`backup ${newest.label} was made by pgBackRest ${made}, and this one by ${now}: keep to the newer, wherever it runs`]
}

async function pageFault(pgbackrest: PgbackrestRun, label: string, context: EngineContext): Promise<ErrorRecord> {
  const files = parseErrorList(await pgbackrest.ask(infoSetCommand(pgbackrest.options, label), context))
  return {
    code: 'page-checksum',
    message: `backup ${label} holds pages with wrong checksums in ${files.slice(0, 10).join(', ')}`,
    hint: 'a disk or memory may be failing: compare with pg_amcheck, and restore the table from an older point; this point is not counted as good',
  }
}
