import { HoldfastError } from '../../domain/errors.ts'
import { duration } from '../../domain/duration.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import type { ChangeTotals, SnapshotEntry } from '../../domain/snapshot-entry.ts'
import type { Browsing } from '../file-port.ts'
import type { EngineContext } from '../port.ts'
import { atLeast, type Version } from '../version.ts'
import { parseMessage } from './answers.ts'
import { entryOf, matchedSnapshot, parseChange, parseListedEntry, parseTotals } from './browsing-answers.ts'
import { diffCommand, findCommand, listFoldersCommand, literalPattern } from './commands.ts'
import { MatchReader } from './match-reader.ts'
import { nameMatcher } from './name-pattern.ts'
import type { ResticRun } from './run.ts'

/**
 * The first restic whose `find` can be trusted. Older ones remember every folder that holds nothing of what is searched for,
 * and pass over it also where it has another name: what lay in a folder before it was renamed isn't found. They are asked
 * for everything.
 */
const findsAll: Version = [0, 18]

/** To look through all snapshots of a large repository over a slow line takes long; nothing waits for it but a person. */
const searchDeadline = duration(6, 'h')

/** Looks into snapshots, with one process for each question: every process pays half a second for its key. */
export function createResticBrowsing(restic: ResticRun): Browsing {
  const { options: setting } = restic
  async function search(
    points: readonly RestorePoint[],
    wish: { patterns: readonly string[]; ignoreCase: boolean; matches: (path: string) => boolean },
    tell: (point: RestorePoint, entry: SnapshotEntry) => void,
    context: EngineContext,
  ): Promise<void> {
    if (points.length === 0 || wish.patterns.length === 0) return
    // Within one snapshot a folder has one name.
    const trusted = points.length === 1 || atLeast(await restic.version(context), findsAll)
    const byId = new Map(points.map((point) => [point.id, point]))
    let found: SnapshotEntry[] = []
    const reader = new MatchReader(
      (text) => {
        const entry = entryOf(text)
        if (wish.matches(entry.path)) found.push(entry)
      },
      (text) => {
        const point = byId.get(matchedSnapshot(text))
        if (point !== undefined) for (const entry of found) tell(point, entry)
        found = []
      },
    )
    // restic 0.14 takes the snapshots as they are given.
    const snapshots = points.toSorted((one, other) => other.endedAt - one.endedAt).map(({ id }) => id)
    await restic.run(findCommand(setting, { ...wish, ...(trusted ? {} : { patterns: ['*'] }), snapshots }), context, {
      deadlineMs: searchDeadline,
      onStdoutLine: (line) => reader.read(line),
    })
    reader.end()
  }

  return {
    async list(point, paths, tell, context) {
      await restic.run(listFoldersCommand(setting, point.id, paths), context, {
        onStdoutLine: (line) => {
          const entry = parseListedEntry(line)
          if (entry !== undefined) tell(entry)
        },
      })
    },

    async find(points, pattern, tell, context) {
      const { matches, forEngine } = nameMatcher(pattern)
      await search(points, { patterns: [forEngine], ignoreCase: pattern.ignoreCase, matches }, tell, context)
    },

    async findPaths(points, paths, tell, context) {
      const wanted = new Set(paths)
      const wish = { patterns: paths.map(literalPattern), ignoreCase: false, matches: (path: string) => wanted.has(path) }
      await search(points, wish, tell, context)
    },

    async diff(from, to, tell, context) {
      let totals: ChangeTotals | undefined
      const finished = await restic.run(diffCommand(setting, from.id, to.id), context, {
        deadlineMs: searchDeadline,
        onStdoutLine: (line) => {
          const message = parseMessage(line)
          if (message?.message_type === 'change') {
            const change = parseChange(message)
            if (change !== undefined) tell(change)
          } else if (message?.message_type === 'statistics') {
            totals = parseTotals(message)
          }
        },
      })
      if (totals !== undefined) return totals
      throw new HoldfastError('engine-output', 'restic ended without saying what changed', { detail: finished.stderr })
    },
  }
}
