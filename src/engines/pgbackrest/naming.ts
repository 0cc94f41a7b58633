import { instant } from '../../domain/clock.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { DatedName } from '../../domain/restore-point.ts'
import type { PointNaming } from '../database-port.ts'
import type { EngineContext } from '../port.ts'
import type { RepositoryFile } from './answers.ts'

/** What naming needs of a repository. */
export interface NamedRepository {
  /** Labels of all base backups. */
  readonly labels: (context: EngineContext) => Promise<readonly string[]>
  readonly listHistory: (context: EngineContext) => Promise<readonly RepositoryFile[]>
  readonly removeHistory: (label: string, context: EngineContext) => Promise<void>
}

/**
 * pgBackRest compares the label of a new backup as text with the greatest that it remembers (2.55.1 passes over some for backups
 * that aren't full), and `expire` leaves its memory, `backup.history`, as it is.
 */
export function createNaming({ labels, listHistory, removeHistory }: NamedRepository): PointNaming {
  return {
    async names(context) {
      const remembered = (await listHistory(context)).flatMap(({ path }) => /([^/]+)\.manifest\.gz$/.exec(path)?.[1] ?? [])
      return [...new Set([...remembered, ...(await labels(context))])].flatMap((label) => datedName(label) ?? [])
    },
    async forget(names, context) {
      const there = new Set(await labels(context))
      const kept = names.find(({ id }) => there.has(id))
      if (kept !== undefined) {
        throw new HoldfastError('point-needed', `backup ${kept.id} is still there`, {
          hint: 'only what is gone can be forgotten: holdfast points',
        })
      }
      for (const { id } of names) await removeHistory(id, context)
    },
  }
}

/** The name with the later of its times: what is built on a full backup of the future sorts behind that one. */
export function datedName(label: string): DatedName | undefined {
  const times = [...label.matchAll(/(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)[FDI]/g)].map((match) => {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
    return Date.UTC(year, month - 1, day, hour, minute, second)
  })
  return times.length === 0 ? undefined : { id: label, at: instant(Math.max(...times)) }
}
